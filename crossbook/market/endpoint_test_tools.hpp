// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/input.hpp"
#include "crossbook/market/encode.hpp"
#include "crossbook/market/endpoint.hpp"
#include "crossbook/market/session_test_tools.hpp"
#include "crossbook/market/symbols.hpp"

// An endpoint and the naive client that is connected to it, in virtual time. Private to this room.
namespace crossbook::market {

inline EndpointOptions small_venue(std::string_view feed, std::size_t symbols = 2) {
  EndpointOptions options;
  options.instruments = first_instruments(symbols, contract_of(feed));
  options.venue = venue_listing(feed, options.instruments).value();
  options.truths = true;
  return options;
}

inline FaultRule fault(std::string_view text) {
  const auto rule = parse_fault(text);
  EXPECT_TRUE(rule.has_value()) << text;
  return *rule;
}

// https://api.binance.com/api/v3/depth?symbol=BTCUSDT -> /api/v3/depth?symbol=BTCUSDT
inline std::string target_of(std::string_view url) {
  return std::string(url.substr(url.find('/', url.find("//") + 2)));
}

class Connected {
 public:
  explicit Connected(const EndpointOptions& options)
      : endpoint(options),
        protocol(*find_protocol(options.venue.feed)),
        client_(session(options)),
        now(options.start) {}

  void open(std::string_view target = "/stream") {
    endpoint.open(id, target, now, outbox);
    record(Direction::open, {});
    read();
  }
  void send(std::string_view text) {
    record(Direction::out, text);
    endpoint.receive(id, text, now, outbox);
    read();
  }
  // What the venue's own documents tell a client to ask for.
  void subscribe() {
    std::string text;
    for (std::size_t i = 0; protocol.request(text, endpoint.venue(), i); ++i, text.clear()) send(text);
  }
  void fetch(const ListingOptions& listing) {
    std::string url;
    protocol.rest_url(url, listing);
    const HttpAnswer answer = endpoint.get(target_of(url), now, outbox);
    read();
    record(Direction::http, answer.body, url);
  }
  // One thing that is due after the other; `check` after each.
  template <class Check>
  void run(Nanos duration, Check check) {
    const Wall end = now + duration;
    while (endpoint.next_due() <= end) {
      now = endpoint.next_due();
      endpoint.advance(now, outbox);
      read();
      check();
    }
    now = end;
  }
  void run(Nanos duration) {
    run(duration, [] {});
  }
  void fetch_all() {
    for (const ListingOptions& listing : endpoint.venue().listings) fetch(listing);
  }
  [[nodiscard]] const NaiveBook& book(std::size_t listing) {
    const std::string& raw = endpoint.venue().listings[listing].raw_symbol;
    return client_.books[index(client_.listing(endpoint.venue().feed, raw)->id)];
  }
  // The venue's book of a listing is what the client holds.
  [[nodiscard]] bool holds_truth(std::size_t listing) {
    const auto truth = endpoint.true_book(endpoint.venue().listings[listing].raw_symbol);
    return truth && book(listing).ready &&
           book(listing).holds(TrueBook{.bids = truth->bids, .asks = truth->asks, .truth = BookTruth::whole});
  }

  Endpoint endpoint;
  const Protocol& protocol;

 private:
  static SessionOptions session(const EndpointOptions& options) {
    SessionOptions session;
    session.instruments = options.instruments;
    session.venues = {options.venue};
    return session;
  }
  void record(Direction dir, std::string_view raw, std::string_view url = {}) {
    Record record{.t = now, .feed = endpoint.venue().feed, .conn = "ws.1", .dir = dir, .url = url, .raw = {}};
    record.raw = raw;
    record.raw.reserve(raw.size() + frame_padding);
    client_.read(record);
  }
  void read() {
    for (const Outgoing& outgoing : outbox) {
      if (outgoing.kind == Outgoing::Kind::text) {
        received.push_back(outgoing.text);
        record(Direction::in, outgoing.text);
      } else {
        others.push_back(outgoing);
      }
    }
    outbox.clear();
  }
  NaiveClient client_;

 public:
  [[nodiscard]] NaiveClient& client() { return client_; }
  Outbox outbox;
  std::vector<std::string> received;
  std::vector<Outgoing> others;  // what is no text
  ClientId id{1};
  Wall now;
};

}  // namespace crossbook::market
