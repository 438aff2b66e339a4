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

}  // namespace

struct Sha256::State {
  Context context{EVP_MD_CTX_new()};
  Context scratch{EVP_MD_CTX_new()};  // finishing a digest ends its context, so a copy is finished
};

// OpenSSL refuses these calls only without memory or without SHA-256: nothing that a caller could handle.
Sha256::Sha256() : state_(std::make_unique<State>()) {
  CROSSBOOK_ASSERT(state_->context && state_->scratch);
  CROSSBOOK_ASSERT(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::string_view bytes) {
  CROSSBOOK_ASSERT(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
  return *this;
}

std::string Sha256::hex() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  CROSSBOOK_ASSERT(EVP_MD_CTX_copy_ex(state_->scratch.get(), state_->context.get()) == 1);
  CROSSBOOK_ASSERT(EVP_DigestFinal_ex(state_->scratch.get(), digest.data(), &size) == 1);
  std::string text;
  text.reserve(std::size_t{2} * size);
  for (unsigned i = 0; i < size; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

}  // namespace crossbook::sys
