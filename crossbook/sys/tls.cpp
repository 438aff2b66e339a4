// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/tls.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "crossbook/sys/file.hpp"
#include "crossbook/sys/openssl_handle.hpp"
#include "crossbook/sys/tls_peer.hpp"

namespace crossbook::sys {
namespace {

Outcome<SSL_CTX*> fresh_context(const SSL_METHOD* method) {
  Handle<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
    return fault(fmt::format("no TLS: {}", openssl_reason()));
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return context.release();
}

bool is_address(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// Adds every certificate of a PEM text to what is trusted; the answer is their number.
std::size_t trust_all(X509_STORE* store, std::string_view pem) {
  const Handle<BIO, BIO_free_all> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::size_t added = 0;
  while (const Handle<X509, X509_free> certificate{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)})
    if (X509_STORE_add_cert(store, certificate.get()) == 1) ++added;
  ERR_clear_error();  // the end of the text is an error to PEM_read_bio_X509
  return added;
}

// The first certificate is the server's own, those behind it lead to the authority.
bool use_chain(SSL_CTX* context, std::string_view pem) {
  const Handle<BIO, BIO_free_all> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Handle<X509, X509_free> own(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (X509* next = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr))
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return false;
    }
  ERR_clear_error();
  return true;
}

}  // namespace

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "unknown error of OpenSSL" : reason;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Outcome<std::shared_ptr<TlsContext>> TlsContext::client() {
  auto context = fresh_context(TLS_client_method());
  if (!context) return fault(context.error());
  std::shared_ptr<TlsContext> made(new TlsContext(*context));
  SSL_CTX_set_verify(*context, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_default_verify_paths(*context) != 1)
    return fault(fmt::format("the machine's trusted certificates cannot be read: {}; install ca-certificates",
                             openssl_reason()));
  return made;
}

Outcome<std::shared_ptr<TlsContext>> TlsContext::client_trusting(std::string_view pem) {
  auto context = fresh_context(TLS_client_method());
  if (!context) return fault(context.error());
  std::shared_ptr<TlsContext> made(new TlsContext(*context));
  SSL_CTX_set_verify(*context, SSL_VERIFY_PEER, nullptr);
  if (trust_all(SSL_CTX_get_cert_store(*context), pem) == 0) return fault("no certificate in PEM form");
  return made;
}

Outcome<std::shared_ptr<TlsContext>> TlsContext::client_trusting_file(const std::string& path) {
  const auto pem = read_file(path);
  if (!pem) return fault(pem.error());
  auto made = client_trusting(*pem);
  if (!made) return fault(fmt::format("{}: {}", path, made.error()));
  return made;
}

Outcome<std::shared_ptr<TlsContext>> TlsContext::server(std::string_view certificate_pem, std::string_view key_pem) {
  auto context = fresh_context(TLS_server_method());
  if (!context) return fault(context.error());
  std::shared_ptr<TlsContext> made(new TlsContext(*context));
  if (!use_chain(*context, certificate_pem))
    return fault(fmt::format("no certificate in PEM form: {}", openssl_reason()));
  const Handle<BIO, BIO_free_all> text(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  const Handle<EVP_PKEY, EVP_PKEY_free> key(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
  if (!key) return fault(fmt::format("no private key in PEM form: {}", openssl_reason()));
  if (SSL_CTX_use_PrivateKey(*context, key.get()) != 1)
    return fault(fmt::format("the private key is not the certificate's: {}", openssl_reason()));
  return made;
}

Status expect_peer(SSL* connection, const std::string& host) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(connection);
  if (is_address(host)) {
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return {};
  } else {
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // SSL_set_tlsext_host_name, without its cast.
    if (X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size()) == 1 &&
        SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str())) == 1)
      return {};
  }
  return fault(fmt::format("\"{}\" cannot be the name of a certificate: {}", host, openssl_reason()));
}

std::string handshake_failure(const SSL* connection, const std::string& host, std::string_view otherwise) {
  const long verdict = SSL_get_verify_result(connection);
  const char* text = X509_verify_cert_error_string(verdict);
  switch (verdict) {
    case X509_V_OK: return fmt::format("TLS with {} failed: {}", host, otherwise);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("the certificate shown is not for {} ({}); something stands between us and it", host, text);
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("the certificate of {} is not valid now ({}); check this machine's clock", host, text);
    default:
      return fmt::format(
          "the certificate of {} is not trusted ({}); install ca-certificates, or name its authority with a CA file",
          host, text);
  }
}

}  // namespace crossbook::sys
