// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "crossbook/sys/outcome.hpp"

struct ssl_st;

// What a client asks of one TLS connection. Private to this room.
namespace crossbook::sys {

// Sends the name as SNI (addresses are not sent) and makes the handshake fail unless the certificate is for it.
Status expect_peer(ssl_st* connection, const std::string& host);

// Why the handshake failed, for people: the verdict on the certificate where there is one, else `otherwise`.
[[nodiscard]] std::string handshake_failure(const ssl_st* connection, const std::string& host,
                                            std::string_view otherwise);

}  // namespace crossbook::sys
