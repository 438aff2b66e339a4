// SPDX-License-Identifier: Apache-2.0
// How messages leave an endpoint, and what goes wrong with them.
#include <algorithm>
#include <array>
#include <cctype>

#include "crossbook/market/endpoint_machine.hpp"
#include "crossbook/market/fair_price.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr int service_restart = 1012;

// One digit of a count becomes another one; the count stays above 0.
std::int64_t with_other_digit(std::int64_t count, Random& random) {
  std::int64_t unit = 1;
  std::int64_t digits = 1;
  for (std::int64_t rest = count / 10; rest > 0; rest /= 10) ++digits;
  for (std::int64_t skipped = random.below(digits); skipped > 0; --skipped) unit *= 10;
  const std::int64_t old = count / unit % 10;
  const std::int64_t changed = count + ((old + random.between(1, 9)) % 10 - old) * unit;
  return changed > 0 ? changed : count + unit;
}

bool is_number(char c) { return c == '-' || std::isdigit(static_cast<unsigned char>(c)) != 0; }

HttpAnswer answer(int status, std::string body) {
  return {.status = status, .body = std::move(body), .retry_after_s = {}};
}

}  // namespace

void EndpointMachine::deliver(Client& client, Subscription& subscription, const Stream& stream, BookFrame frame) {
  if (client.dead || subscription.silenced) return;
  const std::size_t book = stream.key.book;
  frame.stamp.connection_sequence = client.sequence++;
  if (plan.empty()) {
    std::string text;
    skin.protocol->book(text, frame);
    say(client, std::move(text));
    return;
  }
  if (plan.strikes(FaultName::drop, book, now)) return;
  const bool has_levels = !frame.bids.empty() || !frame.asks.empty();
  std::string text;
  if (has_levels && plan.strikes(FaultName::corrupt_digit, book, now)) {
    text = encode_corrupted(frame);
  } else {
    skin.protocol->book(text, frame);
  }
  if (skin.checksums) spoil_checksum(text, book);
  deliver_text(client, subscription, std::move(text), book);
}

void EndpointMachine::deliver_text(Client& client, Subscription& subscription, std::string text, std::size_t book) {
  using enum FaultName;
  if (plan.strikes(truncate, book, now))
    text.resize(static_cast<std::size_t>(random.between(1, static_cast<std::int64_t>(text.size()) - 1)));
  if (const auto by = plan.strikes(delay, book, now); by && !client.held_until) {
    client.held_until = now + *by;
    add(*by, Happening::release, 0, index(client.id));
  }
  if (!subscription.kept_back && plan.strikes(reorder, book, now)) {
    subscription.kept_back = std::move(text);
    return;
  }
  const bool twice = plan.strikes(duplicate, book, now).has_value();
  Outgoing outgoing{.client = client.id, .text = std::move(text)};
  outgoing.drip = plan.strikes(slow_drip, book, now).has_value();
  outgoing.split = plan.strikes(split_frames, book, now).has_value();
  if (client.bare) outgoing.text = bare_payload(std::move(outgoing.text));
  if (twice) send(client, outgoing);
  send(client, std::move(outgoing));
  if (subscription.kept_back) say(client, *std::exchange(subscription.kept_back, {}));
  if (plan.strikes(reset, book, now)) {
    client.held_until.reset();
    send(client, Outgoing{.client = client.id, .kind = Outgoing::Kind::reset, .text = {}});
  } else if (plan.strikes(half_open, book, now)) {
    client.held_until.reset();
    send(client, Outgoing{.client = client.id, .kind = Outgoing::Kind::half_open, .text = {}});
  }
}

// A size of one level is another one; the checksum remains that of the true book.
std::string EndpointMachine::encode_corrupted(const BookFrame& frame) {
  std::vector<Level> levels(frame.bids.begin(), frame.bids.end());
  levels.insert(levels.end(), frame.asks.begin(), frame.asks.end());
  // Rather one that stays than a delete, if there is one.
  auto at = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(levels.size())));
  for (std::size_t tried = 0; tried < levels.size() && levels[at].quantity.count() == 0; ++tried)
    at = (at + 1) % levels.size();
  Level& level = levels[at];
  level.quantity = Quantity(with_other_digit(level.quantity.count(), random));
  BookFrame corrupted{.venue = frame.venue,
                      .listing = frame.listing,
                      .stamp = frame.stamp,
                      .snapshot = frame.snapshot,
                      .bids = std::span<const Level>(levels).first(frame.bids.size()),
                      .asks = std::span<const Level>(levels).subspan(frame.bids.size()),
                      .book_bids = frame.book_bids,
                      .book_asks = frame.book_asks,
                      .first = frame.first,
                      .last = frame.last,
                      .previous = frame.previous,
                      .number = frame.number};
  std::string text;
  skin.protocol->book(text, corrupted);
  return text;
}

void EndpointMachine::spoil_checksum(std::string& text, std::size_t book) {
  constexpr std::string_view name = R"("checksum":)";
  const std::size_t at = text.find(name);
  if (at == std::string::npos) return;
  const std::size_t number = at + name.size();
  std::size_t end = number;
  while (end < text.size() && is_number(text[end])) ++end;
  if (plan.strikes(FaultName::wrong_checksum, book, now)) {
    const std::string old = text.substr(number, end - number);
    text.replace(number, end - number, old == "271828182" ? "314159265" : "271828182");
  } else if (plan.strikes(FaultName::missing_checksum, book, now)) {
    text.erase(at, end + 1 - at);  // with the comma behind it
  }
}

// What has no rate begins or ends.
void EndpointMachine::take_turn() {
  if (const auto next = plan.next_turn(now)) add(*next - now, Happening::turn);
  const bool closed = plan.in_force(FaultName::maintenance, {}, now).has_value();
  if (closed && !maintenance) begin_maintenance();
  maintenance = closed;
  for (const FaultName fault : {FaultName::clock_skew, FaultName::clock_step})
    if (plan.in_force(fault, {}, now) && plan.struck()[static_cast<std::size_t>(fault)] == 0) plan.count(fault);
  for (std::size_t book = 0; book < books.size(); ++book) {
    const bool halted = plan.in_force(FaultName::symbol_halt, book, now).has_value();
    if (halted != books[book].halted) {
      books[book].halted = halted;
      if (halted) plan.count(FaultName::symbol_halt);
      tell_instrument(book);
    }
    if (!books[book].refined && plan.in_force(FaultName::tick_change, book, now)) refine_tick(book);
    const bool delisted = plan.in_force(FaultName::delisting, book, now).has_value();
    if (delisted && !books[book].delisted) delist(book);
    books[book].delisted = delisted;
  }
}

void EndpointMachine::begin_maintenance() {
  plan.count(FaultName::maintenance);
  for (Client& client : clients) {
    client.held_until.reset();
    send(client,
         Outgoing{
             .client = client.id, .kind = Outgoing::Kind::close, .text = "service restart", .code = service_restart});
  }
}

// From now on prices have one digit more. What was published is the same book in the new counts.
void EndpointMachine::refine_tick(std::size_t book) {
  ListedBook& listed = books[book];
  listed.refined = true;
  ListingOptions& listing = options.venue.listings[book];
  if (listing.price_scale >= fair_scale) return;
  plan.count(FaultName::tick_change);
  ++listing.price_scale;
  listed.traded.refine_tick();
  const auto refine = [](Sides& sides) {
    for (std::vector<Level>& side : sides)
      for (Level& level : side) level.price = Price(level.price.count() * 10);
  };
  refine(listed.older.sides);
  refine(listed.newer.sides);
  for (const std::size_t position : listed.streams) {
    refine(streams[position].published);
    if (streams[position].marked) refine(*streams[position].marked);
  }
  tell_instrument(book);
}

void EndpointMachine::delist(std::size_t book) {
  plan.count(FaultName::delisting);
  tell_instrument(book);
  for (Client& client : clients)
    for (const std::size_t stream : books[book].streams) leave(client, stream);
}

void EndpointMachine::tell_instrument(std::size_t book) {
  if (skin.instrument == nullptr) return;
  for (Client& client : clients)
    for (const Subscription& subscription : client.subscriptions)
      if (streams[subscription.stream].key.channel == Channel::instruments) {
        Talk talk(*this, client);
        skin.instrument(talk, book);
        break;
      }
}

std::optional<HttpAnswer> EndpointMachine::refuses_upgrade() {
  if (maintenance) return answer(503, R"({"error":"maintenance"})");
  return {};
}

std::optional<HttpAnswer> EndpointMachine::broken_answer() {
  constexpr std::string_view page = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>";
  if (maintenance) return answer(503, R"({"error":"maintenance"})");
  if (const auto by = plan.strikes(FaultName::http_429, {}, now)) {
    HttpAnswer busy = answer(429, R"({"code":-1003,"msg":"Too many requests."})");
    busy.retry_after_s = std::max<std::int64_t>(1, by->count() / 1'000'000'000);
    return busy;
  }
  if (plan.strikes(FaultName::http_5xx, {}, now)) return answer(502, "bad gateway");
  if (plan.strikes(FaultName::html_body, {}, now)) {
    HttpAnswer web = answer(200, std::string(page));
    web.content_type = "text/html";
    return web;
  }
  return {};
}

HttpAnswer EndpointMachine::get(std::string_view target) {
  ++counts.requests;
  if (auto broken = broken_answer()) return *broken;
  HttpAnswer out;
  Rest rest(*this);
  book_shown = false;
  skin.get(rest, parse_target(target), out);
  if (book_shown && options.dialogue_only) return answer(404, R"({"error":"no such book was recorded"})");
  if (out.status >= 400) ++counts.refused;
  return out;
}

// Requests.

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace

std::string_view Target::value(std::string_view key) const {
  for (const auto& [name, value] : query)
    if (name == key) return value;
  return {};
}

std::optional<std::size_t> Target::number(std::string_view key) const {
  std::size_t number = 0;
  const std::string_view text = value(key);
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0 || number > 1'000'000) return {};
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  return text.empty() ? std::nullopt : std::optional(number);
}

Target parse_target(std::string_view text) {
  const std::size_t mark = text.find('?');
  Target target{.path = decoded(text.substr(0, mark)), .query = {}};
  for (std::size_t at = mark; at < text.size();) {
    const std::size_t end = std::min(text.find('&', at + 1), text.size());
    const std::string_view part = text.substr(at + 1, end - at - 1);
    const std::size_t equals = std::min(part.find('='), part.size());
    target.query.emplace_back(decoded(part.substr(0, equals)), decoded(part.substr(std::min(equals + 1, part.size()))));
    at = end;
  }
  return target;
}

}  // namespace crossbook::market
