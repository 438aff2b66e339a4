// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/sha256.hpp"

#include <openssl/evp.h>

#include <array>

#include "crossbook/core/check.hpp"

namespace crossbook::sys {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;
using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

// Looked up once: EVP_sha256() is looked up anew by every digest that begins.
const EVP_MD* algorithm() {
  static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CROSSBOOK_ASSERT(found != nullptr);
  return found;
}

std::string hex_of(const Digest& digest, unsigned size) {
  std::string text;
  text.reserve(std::size_t{2} * size);
  for (unsigned i = 0; i < size; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

}  // namespace

struct Sha256::State {
  Context context{EVP_MD_CTX_new()};
  Context scratch{EVP_MD_CTX_new()};  // finishing a digest ends its context, so a copy is finished
};

// OpenSSL refuses these calls only without memory or without SHA-256: nothing that a caller could handle.
Sha256::Sha256() : state_(std::make_unique<State>()) {
  CROSSBOOK_ASSERT(state_->context && state_->scratch);
  CROSSBOOK_ASSERT(EVP_DigestInit_ex(state_->context.get(), algorithm(), nullptr) == 1);
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::string_view bytes) {
  CROSSBOOK_ASSERT(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
  return *this;
}

std::string Sha256::hex() const {
  Digest digest{};
  unsigned size = 0;
  CROSSBOOK_ASSERT(EVP_MD_CTX_copy_ex(state_->scratch.get(), state_->context.get()) == 1);
  CROSSBOOK_ASSERT(EVP_DigestFinal_ex(state_->scratch.get(), digest.data(), &size) == 1);
  return hex_of(digest, size);
}

std::string sha256_hex(std::string_view bytes) {
  Digest digest{};
  unsigned size = 0;
  CROSSBOOK_ASSERT(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm(), nullptr) == 1);
  return hex_of(digest, size);
}

}  // namespace crossbook::sys
