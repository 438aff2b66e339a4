// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/intake.hpp"

#include <gtest/gtest.h>

namespace crossbook::sys {
namespace {

constexpr std::size_t room = 17'408;

Steady ms(std::int64_t time) { return Steady() + milliseconds(time); }

TEST(Intake, WhatAQuietSocketBringsMayBeAsOldAsTheLastLook) {
  Intake intake;
  intake.asked(ms(0));
  intake.nothing_waits(ms(500));
  intake.brought(200, room);
  EXPECT_EQ(intake.age_max(ms(503)), milliseconds(3));
}

TEST(Intake, AReadThatLeavesNothingBoundsTheAgeOfTheNext) {
  Intake intake;
  intake.asked(ms(0));
  intake.brought(200, room);
  intake.asked(ms(10));
  intake.brought(200, room);
  EXPECT_EQ(intake.age_max(ms(11)), milliseconds(11));
  intake.asked(ms(20));
  intake.brought(200, room);
  EXPECT_EQ(intake.age_max(ms(21)), milliseconds(11));
}

TEST(Intake, AReaderThatCannotKeepUpSeesTheAgeGrowUntilItHasReadAll) {
  Intake intake;
  intake.asked(ms(0));
  for (std::int64_t i = 0; i < 40; ++i) {
    intake.brought(room, room);
    EXPECT_EQ(intake.age_max(ms(5 * i)), milliseconds(5 * i));
    intake.asked(ms(5 * i));
  }
  // The last of what waited may be as old as the first was.
  intake.brought(100, room);
  EXPECT_EQ(intake.age_max(ms(200)), milliseconds(200));
  intake.asked(ms(200));
  intake.brought(100, room);
  EXPECT_EQ(intake.age_max(ms(201)), milliseconds(6));
}

TEST(Intake, ALoopThatWasBusyElsewhereDoesNotTakeOldBytesForNewOnes) {
  Intake intake;
  intake.asked(ms(0));
  intake.nothing_waits(ms(1'000));
  intake.brought(200, room);  // waited while the loop hung from 1,001 to 6,000
  EXPECT_EQ(intake.age_max(ms(6'000)), milliseconds(5'000));
  intake.asked(ms(6'000));
  intake.brought(200, room);  // came at once: may have come in between
  intake.asked(ms(6'001));
  intake.nothing_waits(ms(6'002));
  EXPECT_EQ(intake.age_max(ms(6'002)), milliseconds(0));
}

}  // namespace
}  // namespace crossbook::sys
