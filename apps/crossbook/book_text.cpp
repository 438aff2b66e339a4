// SPDX-License-Identifier: Apache-2.0
#include "book_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "crossbook/book/merge.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

constexpr std::string_view bid_colour = "\x1b[32m";
constexpr std::string_view ask_colour = "\x1b[31m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view plain = "\x1b[0m";

struct Row {
  std::string price;
  std::string size;
  std::string parts;
};

template <class KeyOf>
std::vector<Row> rows_of(const engine::Engine& engine, const engine::Group& group, Side side, std::size_t depth,
                         KeyOf key, auto price_of) {
  const book::Consolidated& view = group.consolidated;
  const auto books = engine.books(group);
  book::Merge<KeyOf> merge(view, books, side, key);
  std::vector<Row> rows;
  while (rows.size() < depth) {
    const auto level = merge.next();
    if (!level) break;
    Row& row = rows.emplace_back();
    row.price = format_decimal(price_of(level->price).count(), view.price_scale());
    row.size = format_decimal(level->quantity.count(), view.quantity_scale());
    for (const book::MemberSize& part : level->parts)
      row.parts += fmt::format("{}{} {}", row.parts.empty() ? "" : ", ", view.member(part.member).name,
                               format_decimal(part.quantity.count(), view.quantity_scale()));
  }
  return rows;
}

std::vector<Row> side_rows(const engine::Engine& engine, const engine::Group& group, Side side, std::size_t depth,
                           std::optional<Price> tick) {
  if (!tick) return rows_of(engine, group, side, depth, book::ByPrice{}, [](Price price) { return price; });
  return rows_of(engine, group, side, depth, book::ByGroupedPrice{*tick},
                 [&](Price price) { return book::grouped(side, price, *tick); });
}

std::string state_colour(bool contributes, bool colour) {
  if (!colour) return {};
  return std::string(contributes ? "" : dim);
}

void append_header(std::string& text, const engine::Group& group) {
  const book::Consolidated& view = group.consolidated;
  const auto spread = view.spread_micro_bps();
  text += fmt::format("{}   {} of {} venues contribute   spread {}{}\n", group.name, view.contributors(), view.size(),
                      spread ? fmt::format("{:.4f} bps", static_cast<double>(*spread) / 1e6) : "undefined",
                      view.crossed()  ? "   CROSSED"
                      : view.locked() ? "   LOCKED"
                                      : "");
}

void append_ladder(std::string& text, const std::vector<Row>& asks, const std::vector<Row>& bids, bool colour) {
  text += fmt::format("{:>16} {:>16}  {}\n", "price", "size", "venues");
  const auto append = [&](const Row& row, std::string_view paint) {
    text += fmt::format("{}{:>16}{} {:>16}  {}\n", colour ? paint : "", row.price, colour ? plain : "", row.size,
                        row.parts);
  };
  for (auto row = asks.rbegin(); row != asks.rend(); ++row) append(*row, ask_colour);
  text += fmt::format("{:-^78}\n", "");
  for (const Row& row : bids) append(row, bid_colour);
}

void append_venues(std::string& text, const shard::Player& player, GroupId id, bool colour) {
  const engine::Group& group = player.engine().group(id);
  const book::Consolidated& view = group.consolidated;
  text += fmt::format("\n{:<14} {:<9} {:<13} {:>14} {:>14} {:>9}  {}\n", "venue", "state", "proved", "bid", "ask",
                      "age", "in the view");
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    const auto member = static_cast<book::Member>(m);
    const book::VenueBook& book = player.engine().book(group.members[m]);
    const Listing& listing = player.engine().listings()[group.members[m]];
    const auto price = [&](Side side) {
      const auto top = book.published_top(side);
      return top ? format_decimal(top->price.count(), listing.price_scale) : std::string("-");
    };
    const auto heard = book.last_applied_wall();
    text +=
        fmt::format("{}{:<14} {:<9} {:<13} {:>14} {:>14} {:>9}  {}{}\n", state_colour(view.contributes(member), colour),
                    view.member(member).name, to_string(book.state()), to_string(book.verified()), price(Side::bid),
                    price(Side::ask), heard ? age_text(player.last_t() - *heard) : "-",
                    view.contributes(member) ? "yes" : fmt::format("no: {}", to_string(view.excluded(member))),
                    colour ? plain : "");
  }
}

}  // namespace

sys::Outcome<std::string> book_text(const shard::Player& player, GroupId id, const BookTextOptions& options) {
  const engine::Group& group = player.engine().group(id);
  std::optional<Price> tick;
  if (options.tick) {
    const auto count = parse_decimal(*options.tick, group.consolidated.price_scale());
    if (!count || *count <= 0)
      return sys::fault(fmt::format("tick {} is not a positive number of at most {} decimals", *options.tick,
                                    group.consolidated.price_scale()));
    tick = Price(*count);
  }
  std::string text;
  append_header(text, group);
  append_ladder(text, side_rows(player.engine(), group, Side::ask, options.depth, tick),
                side_rows(player.engine(), group, Side::bid, options.depth, tick), options.colour);
  append_venues(text, player, id, options.colour);
  return text;
}

std::optional<GroupId> group_of(const engine::Engine& engine, std::string symbol) {
  if (const auto exact = engine.find_group(symbol)) return exact;
  std::transform(symbol.begin(), symbol.end(), symbol.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::replace(symbol.begin(), symbol.end(), '_', '/');
  if (symbol.find('/') == std::string::npos) std::replace(symbol.begin(), symbol.end(), '-', '/');
  return engine.find_group(symbol);
}

std::optional<GroupId> shown_group(const engine::Engine& engine, const std::string& symbol) {
  if (!symbol.empty()) return group_of(engine, symbol);
  std::optional<GroupId> most;
  const auto before = [&](GroupId a, GroupId b) {
    const engine::Group& one = engine.group(a);
    const engine::Group& other = engine.group(b);
    if (one.members.size() != other.members.size()) return one.members.size() > other.members.size();
    return one.name < other.name;
  };
  for (std::size_t g = 0; g < engine.groups(); ++g)
    if (!most || before(GroupId(g), *most)) most = GroupId(g);
  return most;
}

std::string symbols_of(const engine::Engine& engine) {
  std::string text;
  for (std::size_t g = 0; g < engine.groups(); ++g) text += (g == 0 ? "" : ", ") + engine.group(GroupId(g)).name;
  return text.empty() ? "none" : text;
}

std::string best_text(const book::Consolidated& view, Side side) {
  const auto& best = view.best(side);
  if (!best) return "-";
  return fmt::format("{} x {}", format_decimal(best->price.count(), view.price_scale()),
                     format_decimal(best->quantity.count(), view.quantity_scale()));
}

// Each line clears what the last text left behind it.
std::string over_the_last(std::string_view text) {
  std::string cleared = "\x1b[H";
  for (const char c : text) {
    if (c == '\n') cleared += "\x1b[K";
    cleared += c;
  }
  return cleared + "\x1b[J";
}

std::string age_text(Nanos age) {
  const double seconds = static_cast<double>(age.count()) / 1e9;
  return seconds < 1 ? fmt::format("{:.0f} ms", seconds * 1e3) : fmt::format("{:.1f} s", seconds);
}

std::string utc_text(Wall wall) {
  const std::int64_t ms = wall.nanos() / 1'000'000;
  const std::time_t seconds = ms / 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), ms % 1000);
}

}  // namespace crossbook::app
