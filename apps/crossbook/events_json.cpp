// SPDX-License-Identifier: Apache-2.0
#include "events_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;

struct Line {
  const shard::Player& player;
  const Listing& listing;

  Json head(std::string_view kind, std::optional<Wall> ts_event) const {
    return {{"event", kind},
            {"feed", venue::feed(listing.feed).name},
            {"symbol", player.key(listing)},
            {"ts_recv", player.last_t().nanos()},
            {"ts_event", ts_event ? Json(ts_event->nanos()) : Json(nullptr)}};
  }
  std::string price(Price price) const { return format_decimal(price.count(), listing.price_scale); }
  std::string size(Wide quantity) const { return format_decimal(quantity, listing.quantity_scale); }
};

Json side_json(const Line& line, const EventBatch& batch, Side side, Run run) {
  const auto& wide = side == Side::bid ? batch.wide_bids : batch.wide_asks;
  Json rows = Json::array();
  for (std::size_t i = run.begin; i < run.end; ++i) {
    const Level& level = batch.levels(side)[i];
    rows.push_back({line.price(level.price), line.size(line.listing.wide ? wide[i].count() : level.quantity.count())});
  }
  return rows;
}

Json or_null(const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(nullptr); }

Json level_json(const Line& line, const std::optional<Level>& level) {
  if (!level) return nullptr;
  return {line.price(level->price), line.size(level->quantity.count())};
}

void print_line(const Json& line) { fmt::print("{}\n", line.dump()); }

}  // namespace

void EventPrinter::print(const shard::Player& player) {
  const EventBatch& batch = player.engine().batch();
  const Listings& listings = player.engine().listings();
  for (const BookEvent& event : batch.books) {
    const Line line{player, listings[event.listing]};
    Json json = line.head(event.kind == BookEventKind::snapshot ? "book_snapshot" : "book_delta", event.ts_event);
    json["first"] = or_null(event.sequence.first);
    json["last"] = or_null(event.sequence.last);
    json["previous"] = or_null(event.sequence.previous);
    json["bids"] = side_json(line, batch, Side::bid, event.bids);
    json["asks"] = side_json(line, batch, Side::ask, event.asks);
    print_line(json);
  }
  for (const Trade& trade : batch.trades) {
    const Line line{player, listings[trade.listing]};
    Json json = line.head("trade", trade.ts_event);
    json["price"] = line.price(trade.price);
    json["size"] = line.size(trade.quantity.count());
    json["taker"] = trade.taker == Side::bid ? "buy" : "sell";
    json["history"] = trade.history;
    print_line(json);
  }
  for (const Bbo& bbo : batch.bbos) {
    const Line line{player, listings[bbo.listing]};
    Json json = line.head("bbo", bbo.ts_event);
    json["bid"] = level_json(line, bbo.bid);
    json["ask"] = level_json(line, bbo.ask);
    print_line(json);
  }
  for (const Listing& listing : listings) {
    const book::VenueBook& book = player.engine().book(listing.id);
    const std::pair state{book.state(), book.reason()};
    if (const auto known = states_.find(index(listing.id)); known != states_.end() && known->second == state) continue;
    states_[index(listing.id)] = state;
    if (book.state() == book::BookState::empty) continue;
    Json json = Line{player, listing}.head("status", {});
    json["state"] = to_string(book.state());
    json["reason"] = book.reason() == Reason::none ? Json(nullptr) : Json(to_string(book.reason()));
    print_line(json);
  }
}

}  // namespace crossbook::app
