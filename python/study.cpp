// SPDX-License-Identifier: Apache-2.0
#include "study.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "crossbook/api/published_fees.hpp"
#include "crossbook/book/merge.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::python {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t no_time = std::numeric_limits<std::int64_t>::min();  // NumPy's NaT
constexpr double fee_default_bps = 5.0;                                     // where nothing is published
constexpr const char* consolidated_name = "*";

// The lists of names of a table, by Field::names.
enum : std::size_t { symbols, feeds, venues, words };

constexpr std::array best_fields{Field{"t", offsetof(BestRow, t), Kind::time},
                                 Field{"symbol", offsetof(BestRow, symbol), Kind::name, symbols},
                                 Field{"bid", offsetof(BestRow, bid), Kind::real},
                                 Field{"bid_size", offsetof(BestRow, bid_size), Kind::real},
                                 Field{"ask", offsetof(BestRow, ask), Kind::real},
                                 Field{"ask_size", offsetof(BestRow, ask_size), Kind::real},
                                 Field{"spread_bps", offsetof(BestRow, spread_bps), Kind::real},
                                 Field{"venues", offsetof(BestRow, venues), Kind::small},
                                 Field{"crossed", offsetof(BestRow, crossed), Kind::truth}};
constexpr std::array top_fields{Field{"t", offsetof(TopRow, t), Kind::time},
                                Field{"feed", offsetof(TopRow, feed), Kind::name, feeds},
                                Field{"venue", offsetof(TopRow, venue), Kind::name, venues},
                                Field{"symbol", offsetof(TopRow, symbol), Kind::name, symbols},
                                Field{"bid", offsetof(TopRow, bid), Kind::real},
                                Field{"bid_size", offsetof(TopRow, bid_size), Kind::real},
                                Field{"ask", offsetof(TopRow, ask), Kind::real},
                                Field{"ask_size", offsetof(TopRow, ask_size), Kind::real}};
constexpr std::array trade_fields{Field{"t", offsetof(TradeRow, t), Kind::time},
                                  Field{"ts_event", offsetof(TradeRow, ts_event), Kind::time},
                                  Field{"feed", offsetof(TradeRow, feed), Kind::name, feeds},
                                  Field{"venue", offsetof(TradeRow, venue), Kind::name, venues},
                                  Field{"symbol", offsetof(TradeRow, symbol), Kind::name, symbols},
                                  Field{"price", offsetof(TradeRow, price), Kind::real},
                                  Field{"size", offsetof(TradeRow, size), Kind::real},
                                  Field{"side", offsetof(TradeRow, side), Kind::name, words}};
constexpr std::array state_fields{Field{"t", offsetof(StateRow, t), Kind::time},
                                  Field{"feed", offsetof(StateRow, feed), Kind::name, feeds},
                                  Field{"venue", offsetof(StateRow, venue), Kind::name, venues},
                                  Field{"symbol", offsetof(StateRow, symbol), Kind::name, symbols},
                                  Field{"state", offsetof(StateRow, state), Kind::name, words},
                                  Field{"reason", offsetof(StateRow, reason), Kind::name, words}};
constexpr std::array event_fields{Field{"t", offsetof(EventRow, t), Kind::time},
                                  Field{"kind", offsetof(EventRow, kind), Kind::name, words},
                                  Field{"feed", offsetof(EventRow, feed), Kind::name, feeds},
                                  Field{"venue", offsetof(EventRow, venue), Kind::name, venues},
                                  Field{"symbol", offsetof(EventRow, symbol), Kind::name, symbols},
                                  Field{"ts_event", offsetof(EventRow, ts_event), Kind::time},
                                  Field{"delay", offsetof(EventRow, delay), Kind::duration},
                                  Field{"levels", offsetof(EventRow, levels), Kind::integer}};
constexpr std::array depth_fields{Field{"t", offsetof(DepthRow, t), Kind::time},
                                  Field{"symbol", offsetof(DepthRow, symbol), Kind::name, symbols},
                                  Field{"within_bps", offsetof(DepthRow, within_bps), Kind::real},
                                  Field{"bid_size", offsetof(DepthRow, bid_size), Kind::real},
                                  Field{"ask_size", offsetof(DepthRow, ask_size), Kind::real}};
constexpr std::array cost_fields{Field{"t", offsetof(CostRow, t), Kind::time},
                                 Field{"symbol", offsetof(CostRow, symbol), Kind::name, symbols},
                                 Field{"venue", offsetof(CostRow, venue), Kind::name, venues},
                                 Field{"size", offsetof(CostRow, size), Kind::real},
                                 Field{"buy_price", offsetof(CostRow, buy_price), Kind::real},
                                 Field{"sell_price", offsetof(CostRow, sell_price), Kind::real},
                                 Field{"buy_bps", offsetof(CostRow, buy_bps), Kind::real},
                                 Field{"sell_bps", offsetof(CostRow, sell_bps), Kind::real},
                                 Field{"buy_all_in_bps", offsetof(CostRow, buy_all_in_bps), Kind::real},
                                 Field{"sell_all_in_bps", offsetof(CostRow, sell_all_in_bps), Kind::real},
                                 Field{"buy_filled", offsetof(CostRow, buy_filled), Kind::real},
                                 Field{"sell_filled", offsetof(CostRow, sell_filled), Kind::real}};

struct Shape {
  const char* name;
  std::span<const Field> fields;
  std::size_t row_bytes;
};
constexpr std::array<Shape, tables_count> shapes{{{"best", best_fields, sizeof(BestRow)},
                                                  {"tops", top_fields, sizeof(TopRow)},
                                                  {"trades", trade_fields, sizeof(TradeRow)},
                                                  {"states", state_fields, sizeof(StateRow)},
                                                  {"events", event_fields, sizeof(EventRow)},
                                                  {"depth", depth_fields, sizeof(DepthRow)},
                                                  {"cost", cost_fields, sizeof(CostRow)}}};

// A count of 10^-scale as the double nearest to it, for counts below 2^53.
double real(Wide count, int scale) { return to_double(count) / static_cast<double>(power_of_ten(scale)); }

double published_fee_bps(std::string_view venue, bool derivative) {
  const FeeTier* const tier = published_fee_schedules().find(venue, derivative ? "derivatives" : "spot", 0);
  return tier == nullptr ? fee_default_bps : static_cast<double>(tier->taker.count()) / 1e6;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// Taking levels from the best on until a value in quote currency is reached.
class Walk {
 public:
  explicit Walk(double value) : wanted_(value) {}
  // False when nothing more is wanted.
  bool take(double price, double size, double fee_bps) {
    const double here = std::min(price * size, wanted_ - value_);
    value_ += here;
    quantity_ += here / price;
    fees_ += here * fee_bps / 1e4;
    return value_ < wanted_;
  }
  [[nodiscard]] double filled() const { return value_; }
  [[nodiscard]] double price() const { return quantity_ > 0.0 ? value_ / quantity_ : nothing; }
  [[nodiscard]] double fee_bps() const { return value_ > 0.0 ? fees_ / value_ * 1e4 : nothing; }

 private:
  double wanted_;
  double value_ = 0.0;
  double quantity_ = 0.0;
  double fees_ = 0.0;
};

void set_cost(CostRow& row, const Walk& buy, const Walk& sell, double mid) {
  row.buy_price = buy.price();
  row.sell_price = sell.price();
  row.buy_bps = (buy.price() / mid - 1.0) * 1e4;
  row.sell_bps = (1.0 - sell.price() / mid) * 1e4;
  row.buy_all_in_bps = row.buy_bps + buy.fee_bps();
  row.sell_all_in_bps = row.sell_bps + sell.fee_bps();
  row.buy_filled = buy.filled();
  row.sell_filled = sell.filled();
}

std::optional<double> mid_of(const book::Consolidated& view) {
  const auto& bid = view.best(Side::bid);
  const auto& ask = view.best(Side::ask);
  if (!bid || !ask) return {};
  return real(Wide{bid->price.count()} + ask->price.count(), view.price_scale()) / 2.0;
}

}  // namespace

std::int32_t Names::code(std::string_view name) {
  const auto [found, added] = codes_.try_emplace(std::string(name), static_cast<std::int32_t>(names_.size()));
  if (added) names_.emplace_back(name);
  return found->second;
}

std::optional<Wanted> wanted_named(std::string_view name) {
  for (std::size_t i = 0; i < tables_count; ++i)
    if (name == shapes[i].name) return static_cast<Wanted>(i);
  return {};
}

namespace {

shard::PlayerOptions player_options(const StudyOptions& options) {
  shard::PlayerOptions player;
  player.engine.filters = options.filters;
  player.engine.use_bbo = options.use_bbo;
  player.groups = options.groups;
  player.raw_symbols = options.raw_symbols;
  return player;
}

}  // namespace

Study::Study(std::unique_ptr<app::Source> source, StudyOptions options)
    : source_(std::move(source)), options_(std::move(options)), player_(player_options(options_)), effects_(&nothing_) {
  for (std::size_t i = 0; i < tables_count; ++i)
    tables_[i] = std::make_shared<Table>(shapes[i].name, shapes[i].fields, shapes[i].row_bytes,
                                         std::vector{symbols_, feeds_, venues_, words_});
}

bool Study::is_chosen(std::string_view symbol, std::string_view raw) const {
  const auto& wanted = options_.symbols;
  return wanted.empty() || std::ranges::find(wanted, symbol) != wanted.end() ||
         std::ranges::find(wanted, raw) != wanted.end();
}

Study::ListingNote& Study::note(ListingId id) {
  if (listings_.size() <= index(id)) listings_.resize(index(id) + 1);
  ListingNote& note = listings_[index(id)];
  if (!note.known) {
    const Listing& listing = player_.engine().listings()[id];
    const venue::Feed& feed = venue::feed(listing.feed);
    note.known = true;
    note.chosen = is_chosen(listing.instrument.symbol, listing.raw_symbol);
    note.feed = feeds_->code(feed.name);
    note.venue = venues_->code(feed.venue);
    note.symbol = symbols_->code(player_.key(listing));
  }
  return note;
}

Study::GroupNote& Study::note(GroupId id) {
  if (groups_.size() <= index(id)) groups_.resize(index(id) + 1);
  GroupNote& note = groups_[index(id)];
  if (!note.known) {
    const engine::Group& group = player_.engine().group(id);
    note.known = true;
    note.chosen = group.by_hand || is_chosen(group.name, group.name);
    note.symbol = symbols_->code(group.name);
  }
  return note;
}

bool Study::chosen(ListingId listing) { return note(listing).chosen; }
bool Study::chosen(GroupId group) { return note(group).chosen; }

bool Study::step() {
  if (ended_) return false;
  const capture::Arrival* const arrival = ahead_ ? ahead_->next() : source_->next();
  if (arrival == nullptr || (options_.until && arrival->t > *options_.until)) {
    ended_ = true;
    if (next_sample_) sample(player_.last_t().nanos());
    return false;
  }
  if (wants(Wanted::depth) || wants(Wanted::cost)) sample(arrival->t.nanos() - 1);
  effects_ = &player_.play(*arrival, arrival->connection, arrival->at);
  return true;
}

bool Study::fill(std::size_t records) {
  for (std::size_t i = 0; i < records; ++i) {
    if (!step()) return false;
    take_down();
  }
  return true;
}

// -- what a record meant ---------------------------------------------------------------------------------------------

void Study::take_down() {
  if (wants(Wanted::trades) || wants(Wanted::events)) take_batch();
  if (wants(Wanted::tops) || wants(Wanted::states)) take_books();
  if (wants(Wanted::best)) take_groups();
}

void Study::take_batch() {
  const EventBatch& batch = player_.engine().batch();
  const std::int64_t t = player_.last_t().nanos();
  if (wants(Wanted::events)) {
    for (const BookEvent& event : batch.books)
      add_event(event.listing, event.kind == BookEventKind::snapshot ? "book_snapshot" : "book_delta", event.ts_event,
                event.bids.size() + event.asks.size());
    for (const Bbo& bbo : batch.bbos) add_event(bbo.listing, "bbo", bbo.ts_event, 2);
    for (const Trade& trade : batch.trades) add_event(trade.listing, "trade", trade.ts_event, 1);
  }
  if (!wants(Wanted::trades)) return;
  for (const Trade& trade : batch.trades) {
    const ListingNote& about = note(trade.listing);
    if (!about.chosen || trade.history) continue;
    const Listing& listing = player_.engine().listings()[trade.listing];
    rows(Wanted::trades)
        .add(TradeRow{t, trade.ts_event ? trade.ts_event->nanos() : no_time,
                      real(trade.price.count(), listing.price_scale),
                      real(trade.quantity.count(), listing.quantity_scale), about.feed, about.venue, about.symbol,
                      words_->code(trade.taker == Side::bid ? "buy" : "sell")});
  }
}

void Study::add_event(ListingId id, const char* kind, std::optional<Wall> ts_event, std::size_t levels) {
  const ListingNote& about = note(id);
  if (!about.chosen) return;
  const std::int64_t t = player_.last_t().nanos();
  rows(Wanted::events)
      .add(EventRow{t, ts_event ? ts_event->nanos() : no_time, ts_event ? t - ts_event->nanos() : no_time, about.feed,
                    about.venue, about.symbol, words_->code(kind), static_cast<std::int64_t>(levels)});
}

void Study::take_books() {
  const std::int64_t t = player_.last_t().nanos();
  for (const ListingId id : effects_->books) {
    ListingNote& about = note(id);
    if (!about.chosen) continue;
    const book::VenueBook& book = player_.engine().book(id);
    if (wants(Wanted::states) && (book.state() != about.state || book.reason() != about.reason)) {
      about.state = book.state();
      about.reason = book.reason();
      const bool fine = about.reason == Reason::none;
      rows(Wanted::states)
          .add(StateRow{t, about.feed, about.venue, about.symbol, words_->code(to_string(about.state)),
                        fine ? -1 : words_->code(to_string(about.reason)), 0});
    }
    if (!wants(Wanted::tops)) continue;
    const Listing& listing = player_.engine().listings()[id];
    const auto bid = book.published_top(Side::bid);
    const auto ask = book.published_top(Side::ask);
    const auto price = [&](const auto& top) { return top ? real(top->price.count(), listing.price_scale) : nothing; };
    const auto size = [&](const auto& top) {
      return top ? real(top->quantity.count(), listing.quantity_scale) : nothing;
    };
    const TopRow row{t, price(bid), size(bid), price(ask), size(ask), about.feed, about.venue, about.symbol, 0};
    if (about.top.t != 0 && same(row.bid, about.top.bid) && same(row.ask, about.top.ask) &&
        same(row.bid_size, about.top.bid_size) && same(row.ask_size, about.top.ask_size))
      continue;
    about.top = row;
    rows(Wanted::tops).add(row);
  }
}

void Study::take_groups() {
  const std::int64_t t = player_.last_t().nanos();
  for (const GroupId id : effects_->groups) {
    GroupNote& about = note(id);
    if (!about.chosen) continue;
    const book::Consolidated& view = player_.engine().group(id).consolidated;
    const auto& bid = view.best(Side::bid);
    const auto& ask = view.best(Side::ask);
    BestRow row{.t = t,
                .bid = nothing,
                .bid_size = nothing,
                .ask = nothing,
                .ask_size = nothing,
                .spread_bps = nothing,
                .symbol = about.symbol,
                .venues = 0,
                .crossed = 0,
                .pad = {}};
    if (bid) row.bid = real(bid->price.count(), view.price_scale());
    if (bid) row.bid_size = real(bid->quantity.count(), view.quantity_scale());
    if (ask) row.ask = real(ask->price.count(), view.price_scale());
    if (ask) row.ask_size = real(ask->quantity.count(), view.quantity_scale());
    if (const auto spread = view.spread_micro_bps()) row.spread_bps = static_cast<double>(*spread) / 1e6;
    row.venues = static_cast<std::uint8_t>(view.contributors());
    row.crossed = view.crossed() ? 1 : 0;
    // A book may stand twice in the effects of one record: the second row would be the first.
    const BestRow& last = about.best;
    if (last.t == t && same(row.bid, last.bid) && same(row.ask, last.ask) && same(row.bid_size, last.bid_size) &&
        same(row.ask_size, last.ask_size) && row.venues == last.venues)
      continue;
    about.best = row;
    rows(Wanted::best).add(row);
  }
}

// -- samples ---------------------------------------------------------------------------------------------------------

// The books as they stand, at each whole step of `every` up to `until`: after all records before it.
void Study::sample(std::int64_t until) {
  if (!next_sample_) {
    if (!player_.first_t()) return;
    next_sample_ = (player_.first_t()->nanos() / options_.every.count() + 1) * options_.every.count();
  }
  for (; *next_sample_ <= until; *next_sample_ += options_.every.count()) sample_at(*next_sample_);
}

void Study::sample_at(std::int64_t t) {
  for (std::size_t g = 0; g < player_.engine().groups(); ++g) {
    const auto id = GroupId(g);
    if (!note(id).chosen || player_.engine().group(id).consolidated.contributors() == 0) continue;
    if (wants(Wanted::depth)) sample_depth(t, id);
    if (wants(Wanted::cost)) sample_cost(t, id);
  }
}

void Study::sample_depth(std::int64_t t, GroupId id) {
  const engine::Group& group = player_.engine().group(id);
  const book::Consolidated& view = group.consolidated;
  const auto mid = mid_of(view);
  if (!mid || options_.depth_bps.empty()) return;
  const auto books = player_.engine().books(group);
  const double furthest = std::ranges::max(options_.depth_bps);
  std::vector<DepthRow> rows_of;
  for (const double bps : options_.depth_bps) rows_of.push_back({t, bps, 0.0, 0.0, note(id).symbol, 0});
  for (const Side side : {Side::bid, Side::ask}) {
    book::Merge<> merge(view, books, side);
    while (const auto level = merge.next()) {
      const double price = real(level->price.count(), view.price_scale());
      const double away = (side == Side::bid ? *mid - price : price - *mid) / *mid * 1e4;
      if (away > furthest) break;
      const double size = real(level->quantity.count(), view.quantity_scale());
      for (DepthRow& row : rows_of)
        if (away <= row.within_bps) (side == Side::bid ? row.bid_size : row.ask_size) += size;
    }
  }
  for (const DepthRow& row : rows_of) rows(Wanted::depth).add(row);
}

void Study::sample_cost(std::int64_t t, GroupId id) {
  const engine::Group& group = player_.engine().group(id);
  const book::Consolidated& view = group.consolidated;
  const auto mid = mid_of(view);
  if (!mid) return;
  const auto books = player_.engine().books(group);
  std::vector<double> fees;
  for (const ListingId member : group.members) {
    const Listing& listing = player_.engine().listings()[member];
    const bool derivative = listing.instrument.symbol.find(':') != std::string::npos;
    fees.push_back(published_fee_bps(venue::feed(listing.feed).venue, derivative));
  }
  for (const double size : options_.sizes) {
    CostRow row{};
    row.t = t;
    row.size = size;
    row.symbol = note(id).symbol;
    row.venue = venues_->code(consolidated_name);
    std::array both{Walk(size), Walk(size)};  // buy, sell
    for (const Side side : {Side::ask, Side::bid}) {
      book::Merge<> merge(view, books, side);
      Walk& walk = both[side == Side::ask ? 0 : 1];
      bool more = true;
      while (more) {
        const auto level = merge.next();
        if (!level) break;
        for (const book::MemberSize& part : level->parts)
          more = more && walk.take(real(level->price.count(), view.price_scale()),
                                   real(part.quantity.count(), view.quantity_scale()), fees[part.member]);
      }
    }
    set_cost(row, both[0], both[1], *mid);
    rows(Wanted::cost).add(row);
    for (std::size_t m = 0; m < group.members.size(); ++m) {
      const auto member = static_cast<book::Member>(m);
      if (!view.contributes(member)) continue;
      std::array own{Walk(size), Walk(size)};
      for (const Side side : {Side::ask, Side::bid})
        books[m]->for_each(side, [&](const book::WideLevel& level) {
          const auto price = view.to_group(member, level.price);
          if (!price) return false;
          return own[side == Side::ask ? 0 : 1].take(
              real(price->count(), view.price_scale()),
              real(view.to_group(member, level.quantity).count(), view.quantity_scale()), fees[m]);
        });
      row.venue = note(group.members[m]).venue;
      set_cost(row, own[0], own[1], *mid);
      rows(Wanted::cost).add(row);
    }
  }
}

}  // namespace crossbook::python
