// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

// Private to this room.
namespace crossbook::sys {

// An object of OpenSSL that is freed by a function of its own: Handle<X509, X509_free>.
template <auto Free>
struct FreedBy {
  template <class Object>
  void operator()(Object* object) const {
    Free(object);
  }
};
template <class Object, auto Free>
using Handle = std::unique_ptr<Object, FreedBy<Free>>;

// What OpenSSL says of its last error on this thread, which is then forgotten.
[[nodiscard]] std::string openssl_reason();

}  // namespace crossbook::sys
