// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "crossbook/sys/openssl_handle.hpp"
#include "crossbook/sys/tls.hpp"

namespace crossbook::sys {
namespace {

using Certificate = Handle<X509, X509_free>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
constexpr Nanos day = seconds(86'400);

std::time_t seconds_of(Wall wall) { return static_cast<std::time_t>(wall.nanos() / 1'000'000'000); }

std::string text_of(BIO* memory) {
  char* start = nullptr;
  const long size = BIO_ctrl(memory, BIO_CTRL_INFO, 0, &start);
  return {start, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const Handle<BIO, BIO_free_all> memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  return text_of(memory.get());
}

std::string pem_of(EVP_PKEY* key) {
  const Handle<BIO, BIO_free_all> memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(memory.get());
}

struct Subject {
  std::string common_name;
  Wall from;
  Wall until;
  EVP_PKEY* key;
};

bool extend(X509* certificate, int kind, const std::string& value) {
  const Handle<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A positive number of eight bytes (RFC 5280, 4.1.2.2): as an integer of DER must be, without a leading zero.
bool set_serial(X509* certificate) {
  std::array<unsigned char, 8> serial{};
  if (RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) return false;
  serial[0] = static_cast<unsigned char>((serial[0] & 0x3F) | 0x40);
  return ASN1_STRING_set(X509_get_serialNumber(certificate), serial.data(), static_cast<int>(serial.size())) == 1;
}

// Everything but extensions and signature.
Certificate unsigned_certificate(const Subject& subject, const X509_NAME* issuer) {
  Certificate certificate(X509_new());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const bool done =
      X509_set_version(certificate.get(), 2) == 1 && set_serial(certificate.get()) &&
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds_of(subject.from)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds_of(subject.until)) != nullptr &&
      X509_NAME_add_entry_by_NID(
          name, NID_commonName, MBSTRING_UTF8,
          std::basic_string<unsigned char>(subject.common_name.begin(), subject.common_name.end()).c_str(), -1, -1,
          0) == 1 &&
      X509_set_issuer_name(certificate.get(), issuer == nullptr ? name : issuer) == 1 &&
      X509_set_pubkey(certificate.get(), subject.key) == 1;
  return done ? std::move(certificate) : nullptr;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    in6_addr address{};
    const bool is_address =
        inet_pton(AF_INET, name.c_str(), &address) == 1 || inet_pton(AF_INET6, name.c_str(), &address) == 1;
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", is_address ? "IP" : "DNS", name);
  }
  return text;
}

}  // namespace

struct CertificateAuthority::State {
  Key key;
  Certificate certificate;
  std::string pem;
};

CertificateAuthority::CertificateAuthority(std::unique_ptr<State> state) : state_(std::move(state)) {}
CertificateAuthority::~CertificateAuthority() = default;
CertificateAuthority::CertificateAuthority(CertificateAuthority&&) noexcept = default;
CertificateAuthority& CertificateAuthority::operator=(CertificateAuthority&&) noexcept = default;

Outcome<CertificateAuthority> CertificateAuthority::make(Wall now) {
  auto state = std::make_unique<State>();
  state->key.reset(EVP_EC_gen("P-256"));
  if (!state->key) return fault(fmt::format("no key for a certificate authority: {}", openssl_reason()));
  state->certificate = unsigned_certificate(
      {"crossbook test authority", now - day, Wall(now.nanos() + day.count() * 3'650), state->key.get()}, nullptr);
  X509* certificate = state->certificate.get();
  if (certificate == nullptr || !extend(certificate, NID_basic_constraints, "critical,CA:TRUE") ||
      !extend(certificate, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      X509_sign(certificate, state->key.get(), EVP_sha256()) == 0)
    return fault(fmt::format("no certificate authority: {}", openssl_reason()));
  state->pem = pem_of(certificate);
  return CertificateAuthority(std::move(state));
}

const std::string& CertificateAuthority::certificate_pem() const { return state_->pem; }

Outcome<CertificateAuthority::Issued> CertificateAuthority::issue(const std::vector<std::string>& names, Wall now,
                                                                  Wall until) const {
  if (names.empty()) return fault("a certificate needs a name");
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return fault(fmt::format("no key for a certificate: {}", openssl_reason()));
  const Wall from = until < now ? until - day : now - day;
  const Certificate certificate = unsigned_certificate({names.front().substr(0, 64), from, until, key.get()},
                                                       X509_get_subject_name(state_->certificate.get()));
  if (!certificate || !extend(certificate.get(), NID_subject_alt_name, alternative_names(names)) ||
      !extend(certificate.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !extend(certificate.get(), NID_ext_key_usage, "serverAuth") ||
      X509_sign(certificate.get(), state_->key.get(), EVP_sha256()) == 0)
    return fault(fmt::format("no certificate for {}: {}", names.front(), openssl_reason()));
  return Issued{pem_of(certificate.get()), pem_of(key.get())};
}

}  // namespace crossbook::sys
