// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "crossbook/core/event.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/market/matching.hpp"
#include "crossbook/market/venues.hpp"

// Frames as each venue writes them. An encoder appends to the text that it is given; what a venue does not send, it
// ignores. Each encode_<venue>.cpp names the page of docs/venues that it follows.
namespace crossbook::market {

struct Stamp {
  Wall at;                               // the venue's clock
  std::int64_t connection_sequence = 0;  // number of this frame on its connection, from 0
};

struct BookFrame {
  const VenueOptions& venue;
  const ListingOptions& listing;
  Stamp stamp;
  bool snapshot = false;
  std::span<const Level> bids;  // what is sent: the whole window, or what changed
  std::span<const Level> asks;
  std::span<const Level> book_bids;  // the window after this frame, for checksums
  std::span<const Level> book_asks;
  std::int64_t first = 0;  // ids of the changes in this frame, one a change
  std::int64_t last = 0;
  std::int64_t previous = 0;  // `last` of the frame before
  std::int64_t number = 0;    // of this frame among the book's frames, from 1
};

struct TradeFrame {
  const ListingOptions& listing;
  Stamp stamp;
  std::span<const Print> prints;  // one, where the venue sends one a frame
};

struct BboFrame {
  const ListingOptions& listing;
  Stamp stamp;
  Level bid;
  Level ask;
  std::int64_t last = 0;    // id of the book's last change
  std::int64_t number = 0;  // of this frame among the book's best-bid-ask frames, from 1
};

// One wire format. The functions that answer bool write the i-th message of a dialogue, or say that it is over.
struct Protocol {
  std::string_view feed;
  std::string_view url;
  bool rest = false;  // the first state of a book comes by REST, not in the stream
  bool one_print_a_frame = false;
  bool deletes_pushed_out = true;  // sends deletes for levels that leave the window because better ones came
  bool shows_loss = true;          // a lost book message can be noticed
  bool counts_connection = false;  // one counter over all frames: a loss may concern any book of the connection
  Nanos heartbeat_every{0};        // 0: none

  // After the socket opened: what the client asks, what the venue answers.
  bool (*request)(std::string& out, const VenueOptions&, std::size_t i) = nullptr;
  bool (*reply)(std::string& out, const VenueOptions&, std::size_t i, const Stamp&) = nullptr;
  // After a loss, for one symbol. nullptr: by REST where that is the rule, else the client connects anew.
  bool (*resync_request)(std::string& out, const VenueOptions&, const ListingOptions&, std::size_t i) = nullptr;
  bool (*resync_reply)(std::string& out, const VenueOptions&, const ListingOptions&, std::size_t i,
                       const Stamp&) = nullptr;

  void (*book)(std::string& out, const BookFrame&) = nullptr;
  void (*trades)(std::string& out, const TradeFrame&) = nullptr;  // nullptr: no such stream
  void (*bbo)(std::string& out, const BboFrame&) = nullptr;       // nullptr: no such stream
  bool bbo_on_match = false;                                      // only after trades
  // What the client sends before each heartbeat, where it must; and the heartbeat itself, the n-th.
  void (*ping)(std::string& out) = nullptr;
  void (*heartbeat)(std::string& out, const Stamp&, std::int64_t n) = nullptr;

  void (*rest_url)(std::string& out, const ListingOptions&) = nullptr;
  void (*rest_body)(std::string& out, const BookFrame&) = nullptr;
};

// The wire format of a feed; nullptr where this room has none.
[[nodiscard]] const Protocol* find_protocol(std::string_view feed);

extern const Protocol binance;
extern const Protocol binance_us;  // the same words at another address
extern const Protocol binance_usdm;
extern const Protocol binance_coinm;
extern const Protocol bitstamp;
extern const Protocol bybit;
extern const Protocol bybit_linear;
extern const Protocol coinbase;
extern const Protocol coinbase_exchange;
extern const Protocol kraken;
extern const Protocol okx;

}  // namespace crossbook::market
