// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "crossbook/engine/engine.hpp"
#include "crossbook/market/encode.hpp"
#include "crossbook/market/endpoint.hpp"

// An honest client of one simulated exchange, in virtual time: the real engine, and what a shell must do for it in the
// simplest way that is right. It is how docs/fakex.md's table of faults is held true.
namespace crossbook::fakex {

class Client {
 public:
  explicit Client(const market::EndpointOptions& options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void run(Nanos duration);

  // What became of a listing since the first time that it was ready: each "state: reason" but ready and syncing, once,
  // in the order of appearance.
  [[nodiscard]] const std::vector<std::string>& history(std::size_t listing) const {
    return listings_[listing].history;
  }
  // Whether it was ever ready with another book than the venue had at that number.
  [[nodiscard]] bool was_wrong(std::size_t listing) const { return listings_[listing].wrong; }
  [[nodiscard]] bool is_right(std::size_t listing) const;
  [[nodiscard]] std::string state(std::size_t listing) const;
  [[nodiscard]] std::int64_t compared() const { return compared_; }
  [[nodiscard]] int connections() const { return static_cast<int>(connection_); }

  market::Endpoint endpoint;

 private:
  struct Held {
    ListingId id{};
    bool was_ready = false;
    bool wrong = false;
    std::vector<std::string> history;
    std::optional<Wall> unready_since;
    std::optional<std::int64_t> compared;  // the number of the book that was compared last
  };
  // Something to do at a time.
  struct Task {
    enum class Kind : std::uint8_t { connect, fetch, resync } kind = Kind::connect;
    std::size_t listing = 0;
  };

  void connect();
  void drop_connection();
  void fetch(std::size_t listing);
  void resync(std::size_t listing);
  void send(std::string_view text);
  void give(const decltype(Input::what)& what);
  void read_outbox();
  void do_tasks();
  void watch();
  void plan(Nanos after, Task task);
  void look();
  void compare(Held& held, std::string_view raw_symbol);
  void keep_truths();
  [[nodiscard]] std::optional<std::int64_t> number_of(const book::VenueBook& book) const;
  [[nodiscard]] bool equal(ListingId id, const market::Truth& truth) const;

  const market::Protocol& protocol_;
  FeedId feed_;
  engine::Engine engine_;
  std::vector<Held> listings_;
  Wall start_;
  Wall now_;
  Wall heard_at_;
  std::uint32_t connection_ = 0;
  bool connected_ = false;
  bool deaf_ = false;  // half open: nothing arrives, and nobody told us
  market::Outbox outbox_;
  std::multimap<Wall, Task> tasks_;
  std::map<std::string, std::map<std::int64_t, market::Truth>, std::less<>> truths_;
  std::int64_t compared_ = 0;
  Effects effects_;
};

}  // namespace crossbook::fakex
