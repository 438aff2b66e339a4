// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/sha256.hpp"

#include <gmock/gmock.h>

namespace crossbook::sys {
namespace {

// The examples of FIPS 180-2, appendix B.
TEST(Sha256, MatchesThePublishedExamples) {
  EXPECT_EQ(Sha256().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256().update("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256().update("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, GoesOnAfterADigestWasTaken) {
  Sha256 hash;
  hash.update("a");
  EXPECT_EQ(hash.hex(), Sha256().update("a").hex());
  EXPECT_EQ(hash.update("bc").hex(), Sha256().update("abc").hex());
}

}  // namespace
}  // namespace crossbook::sys
