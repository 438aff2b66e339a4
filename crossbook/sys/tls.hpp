// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/units.hpp"
#include "crossbook/sys/outcome.hpp"

struct ssl_ctx_st;

// TLS 1.2 and 1.3. A client always verifies the chain and the name; what it trusts is all there is to choose.
namespace crossbook::sys {

class TlsContext {
 public:
  // Trusts what this machine trusts (OpenSSL's own paths; SSL_CERT_FILE and SSL_CERT_DIR move them).
  [[nodiscard]] static Outcome<std::shared_ptr<TlsContext>> client();
  // Trusts the certificates of this PEM text, or file, and no others.
  [[nodiscard]] static Outcome<std::shared_ptr<TlsContext>> client_trusting(std::string_view pem);
  [[nodiscard]] static Outcome<std::shared_ptr<TlsContext>> client_trusting_file(const std::string& path);
  // Shows this certificate (chain). Errors: text that is no PEM, a key that is not the certificate's.
  [[nodiscard]] static Outcome<std::shared_ptr<TlsContext>> server(std::string_view certificate_pem,
                                                                   std::string_view key_pem);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  [[nodiscard]] ssl_ctx_st* native() const { return context_; }  // for this room only

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

// A certificate authority of our own, for tests and for simulated exchanges: made in memory, gone with the process
// unless its certificate is written somewhere. Its keys are P-256.
class CertificateAuthority {
 public:
  struct Issued {
    std::string certificate_pem;
    std::string key_pem;
  };

  [[nodiscard]] static Outcome<CertificateAuthority> make(Wall now);
  ~CertificateAuthority();
  CertificateAuthority(CertificateAuthority&&) noexcept;
  CertificateAuthority& operator=(CertificateAuthority&&) noexcept;

  // What a client has to trust.
  [[nodiscard]] const std::string& certificate_pem() const;
  // For these names (addresses count as such), valid from a day before `now` until then.
  [[nodiscard]] Outcome<Issued> issue(const std::vector<std::string>& names, Wall now, Wall until) const;

 private:
  struct State;
  explicit CertificateAuthority(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crossbook::sys
