// SPDX-License-Identifier: Apache-2.0
#include "crossbook/book/venue_book.hpp"

#include <algorithm>

namespace crossbook::book {
namespace {

// A stream whose messages are all at or below what the book has is another's when it outlasts both: the venue counts
// from the start again, or the fetched book was not this one's. A stream that is only late catches up.
constexpr std::uint32_t drops_in_a_row_max = 64;
constexpr Nanos drops_grace = seconds(1);

// Levels between a prefetch and its use: some 100 ns at 14 ns a level.
constexpr std::size_t prefetch_ahead = 8;

std::span<const WideQuantity> wide_of(const EventBatch& batch, Side side) {
  return side == Side::bid ? batch.wide_bids : batch.wide_asks;
}
std::span<const WrittenDigits> written_of(const EventBatch& batch, Side side) {
  return side == Side::bid ? batch.written_bids : batch.written_asks;
}
std::span<const std::int64_t> rows_of(const EventBatch& batch, Side side) {
  return side == Side::bid ? batch.sequence_bids : batch.sequence_asks;
}

}  // namespace

const char* to_string(BookState state) {
  switch (state) {
    case BookState::empty: return "empty";
    case BookState::syncing: return "syncing";
    case BookState::ready: return "ready";
    case BookState::gapped: return "gapped";
    case BookState::crossed: return "crossed";
    case BookState::stale: return "stale";
  }
  return "?";
}

const char* to_string(Verified verified) {
  switch (verified) {
    case Verified::unverifiable: return "unverifiable";
    case Verified::sequence: return "sequence";
    case Verified::checksum: return "checksum";
  }
  return "?";
}

VenueBook::VenueBook(const BookSettings& settings)
    : settings_(settings), bids_(Side::bid, settings.tick), asks_(Side::ask, settings.tick) {}

BookChange VenueBook::on(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall) {
  const std::optional<WideLevel> bid = top(Side::bid);
  const std::optional<WideLevel> ask = top(Side::ask);
  const bool was_ready = ready();
  const bool whole = event.kind == BookEventKind::snapshot || restarts(event);
  BookChange change = whole ? on_snapshot(event, batch, at, wall) : on_delta(event, batch, at, wall);
  change.top_changed = top(Side::bid) != bid || top(Side::ask) != ask;
  change.published_changed = was_ready != ready() || (ready() && change.top_changed);
  return change;
}

// Bybit starts again at 1 after its own restart, and that message is a whole book.
bool VenueBook::restarts(const BookEvent& event) const {
  return settings_.rule == SequenceRule::next && event.sequence.last == 1;
}

BookChange VenueBook::on_snapshot(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall) {
  const std::optional<std::int64_t> last = event.sequence.last;
  const bool was_whole = whole();
  if (was_whole && last && last_seq_ && *last < *last_seq_) {
    if (event.from_rest) return {.outcome = Outcome::ignored};
    if (settings_.rule == SequenceRule::snapshots) {
      ++counters_.stale_dropped;
      return {.outcome = Outcome::stale_dropped};
    }
  }
  if (event.from_rest && last && !bridges_to(*last)) return {.outcome = Outcome::ignored, .wants_snapshot = true};

  clear_ladders();
  if (!was_whole || !first_seq_) first_seq_ = last;  // of the first snapshot since the book was last not whole
  last_seq_ = last;
  bridged_ = false;
  drops_in_a_row_ = 0;
  // Where every message is the whole book, a crossing goes on from one to the next.
  const bool only_snapshots = settings_.rule == SequenceRule::snapshots;
  if (!only_snapshots) crossed_since_.reset();
  verified_ = Verified::unverifiable;
  const bool numbered = settings_.rule == SequenceRule::next || settings_.rule == SequenceRule::range ||
                        settings_.rule == SequenceRule::previous_range || settings_.rule == SequenceRule::previous;
  if ((numbered && last) || settings_.rule == SequenceRule::connection) verified_ = Verified::sequence;
  ++counters_.snapshots;
  serve();
  apply(event, batch, at, wall);
  bridge();
  count_shape();
  if (outlasts_grace(at)) lose(BookState::crossed, Reason::crossed);
  return {.outcome = Outcome::applied, .wants_snapshot = !whole() && !only_snapshots};
}

BookChange VenueBook::on_delta(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall) {
  if (!whole()) return not_ready_for(event, batch, at, wall);
  switch (judge(event)) {
    case Verdict::drop:
      if (drops_in_a_row_ < drops_in_a_row_max || at - *last_applied_at_ <= drops_grace) {
        ++counters_.stale_dropped;
        ++drops_in_a_row_;
        return {.outcome = Outcome::stale_dropped};
      }
      [[fallthrough]];
    case Verdict::gap:
      ++counters_.gaps;
      lose(BookState::gapped, Reason::gap);
      if (settings_.snapshot == SnapshotSource::rest) hold(event, batch, at, wall);
      return {.outcome = Outcome::gap, .wants_snapshot = true};
    case Verdict::apply: break;
  }
  apply(event, batch, at, wall);
  ++counters_.deltas;
  serve();
  count_shape();
  if (outlasts_grace(at)) lose(BookState::crossed, Reason::crossed);
  return {.outcome = Outcome::applied, .wants_snapshot = !whole()};
}

BookChange VenueBook::not_ready_for(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall) {
  if (settings_.snapshot == SnapshotSource::stream) {
    ++counters_.rejected;
    return {.outcome = Outcome::rejected};
  }
  if (state_ == BookState::empty) {
    state_ = BookState::syncing;
    reason_ = Reason::waiting_for_snapshot;
  }
  ++counters_.buffered;
  const bool first = held_.empty();
  hold(event, batch, at, wall);
  return {.outcome = Outcome::buffered, .wants_snapshot = first};
}

// What the venue's rule says about a delta, given what the book has.
VenueBook::Verdict VenueBook::judge(const BookEvent& event) const {
  const auto& [first, last, previous] = event.sequence;
  if (!last_seq_) return Verdict::apply;
  const std::int64_t book = *last_seq_;
  switch (settings_.rule) {
    case SequenceRule::none:
    case SequenceRule::checksum_only:
    case SequenceRule::connection: return Verdict::apply;
    case SequenceRule::snapshots:
    case SequenceRule::newer: return last && *last <= book ? Verdict::drop : Verdict::apply;
    case SequenceRule::next:
      if (!last) return Verdict::gap;
      if (*last <= book) return Verdict::drop;
      return *last - 1 == book ? Verdict::apply : Verdict::gap;
    case SequenceRule::range:
      if (!first || !last) return Verdict::gap;
      if (*last <= book) return Verdict::drop;
      return *first - 1 <= book ? Verdict::apply : Verdict::gap;
    case SequenceRule::previous_range:
      if (!first || !last) return Verdict::gap;
      if (bridged_ ? *last <= book : *last < book) return Verdict::drop;
      if (previous == book) return Verdict::apply;
      return !bridged_ && *first <= book ? Verdict::apply : Verdict::gap;
    case SequenceRule::previous:
      if (!previous || !last) return Verdict::apply;
      if (*previous == book) return Verdict::apply;
      return *last <= book ? Verdict::drop : Verdict::gap;
  }
  return Verdict::gap;
}

void VenueBook::apply(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall) {
  if (!settings_.wide) prefetch_first(event, batch);
  const bool delta = event.kind == BookEventKind::delta && !restarts(event);
  const std::optional<std::int64_t> rows_after = delta ? last_seq_ : std::nullopt;
  apply_side(Side::bid, event.bids, batch, rows_after);
  apply_side(Side::ask, event.asks, batch, rows_after);
  if (event.depth != 0) truncate(event.depth);
  if (event.sequence.last) last_seq_ = event.sequence.last;
  if (delta) {
    bridged_ = true;
    drops_in_a_row_ = 0;
    if (verified_ == Verified::unverifiable && settings_.rule == SequenceRule::previous && event.sequence.previous) {
      verified_ = Verified::sequence;
    }
  }
  price_decimals_ = std::max<int>(price_decimals_, event.price_decimals);
  quantity_decimals_ = std::max<int>(quantity_decimals_, event.quantity_decimals);
  last_applied_at_ = at;
  last_applied_wall_ = wall;
  ts_event_ = event.ts_event;
}

// What the first levels will touch is asked for before any of it is needed: small frames of many books come cold.
void VenueBook::prefetch_first(const BookEvent& event, const EventBatch& batch) const {
  for (const Side side : {Side::bid, Side::ask}) {
    const Run run = side == Side::bid ? event.bids : event.asks;
    const std::size_t end = std::min<std::size_t>(run.end, run.begin + prefetch_ahead);
    for (std::size_t i = run.begin; i < end; ++i) ladder(side).prefetch(batch.levels(side)[i].price);
  }
}

void VenueBook::apply_side(Side side, const Run& run, const EventBatch& batch, std::optional<std::int64_t> rows_after) {
  if (!written_of(batch, side).empty()) has_digits_ = true;
  const bool plain = !settings_.wide && !has_digits_ && rows_of(batch, side).empty();
  if (!plain) return apply_odd_side(side, run, batch, rows_after);
  const std::span<const Level> levels = std::span(batch.levels(side)).subspan(run.begin, run.size());
  Ladder& to = ladder(side);
  std::uint64_t absent = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (i + prefetch_ahead < levels.size()) to.prefetch(levels[i + prefetch_ahead].price);
    absent += to.set(levels[i].price, levels[i].quantity) == LevelChange::absent;
  }
  counters_.unknown_removes += absent;
}

// With wide quantities, digits as written, or rows that have numbers of their own: those at or below `rows_after` are
// in the book already (KuCoin).
void VenueBook::apply_odd_side(Side side, const Run& run, const EventBatch& batch,
                               std::optional<std::int64_t> rows_after) {
  const std::span<const WideQuantity> wide = wide_of(batch, side);
  const std::span<const WrittenDigits> digits = written_of(batch, side);
  const std::span<const std::int64_t> rows = rows_of(batch, side);
  for (std::uint32_t i = run.begin; i < run.end; ++i) {
    if (!rows.empty() && rows_after && rows[i] <= *rows_after) continue;
    const auto [price, quantity] = batch.levels(side)[i];
    LevelChange change{};
    if (settings_.wide) {
      change = wide_ladder(side).set(price, wide.empty() ? WideQuantity(quantity.count()) : wide[i]);
    } else {
      change = ladder(side).set(price, quantity);
    }
    counters_.unknown_removes += change == LevelChange::absent;
    if (!has_digits_) continue;
    const WrittenDigits one = digits.empty() ? WrittenDigits{} : digits[i];
    const bool removed = quantity == Quantity();
    written(side).set(price, removed ? Digits() : Digits(one.price_decimals * 256 + one.quantity_decimals + 1));
  }
}

void VenueBook::truncate(std::uint32_t depth) {
  bids_.truncate(depth);
  asks_.truncate(depth);
  wide_bids_.truncate(depth);
  wide_asks_.truncate(depth);
  written_bids_.truncate(depth);
  written_asks_.truncate(depth);
}

void VenueBook::clear_ladders() {
  bids_.clear();
  asks_.clear();
  wide_bids_.clear();
  wide_asks_.clear();
  written_bids_.clear();
  written_asks_.clear();
}

void VenueBook::count_shape() {
  const std::optional<WideLevel> bid = top(Side::bid);
  const std::optional<WideLevel> ask = top(Side::ask);
  if (!bid || !ask) {
    ++counters_.one_sided;
  } else if (bid->price > ask->price) {
    ++counters_.crossed;
  } else if (bid->price == ask->price) {
    ++counters_.locked;
  }
}

bool VenueBook::outlasts_grace(Steady at) {
  if (!is_crossed()) {
    crossed_since_.reset();
    return false;
  }
  if (!crossed_since_) {
    crossed_since_ = at;
    crossed_updates_ = 0;
  }
  ++crossed_updates_;
  return crossed_updates_ >= crossed_updates_min && at - *crossed_since_ > crossed_grace;
}

BookChange VenueBook::checksum_result(bool ok) {
  if (ok) {
    ++counters_.checksum_ok;
    verified_ = Verified::checksum;
    return {.outcome = Outcome::applied};
  }
  ++counters_.checksum_failed;
  return fail(BookState::gapped, Reason::checksum_failed);
}

BookChange VenueBook::fail(BookState state, Reason reason) {
  CROSSBOOK_ASSERT(state == BookState::gapped || state == BookState::stale || state == BookState::crossed);
  if (state_ == BookState::empty) return {};
  if (state == BookState::stale && !whole()) return {};
  const bool was_ready = ready();
  lose(state, reason);
  return {.published_changed = was_ready, .wants_snapshot = state != BookState::stale};
}

void VenueBook::serve() {
  state_ = held_back_ ? BookState::stale : BookState::ready;
  reason_ = held_back_ ? Reason::behind : Reason::none;
}

BookChange VenueBook::hold_back(bool held) {
  held_back_ = held;
  const bool was_ready = ready();
  if (was_ready || (state_ == BookState::stale && reason_ == Reason::behind)) serve();
  return {.published_changed = was_ready != ready()};
}

void VenueBook::lose(BookState state, Reason reason) {
  state_ = state;
  reason_ = reason;
  if (state != BookState::stale) verified_ = Verified::unverifiable;
}

BookChange VenueBook::reset(Reason reason) {
  const bool was_ready = ready();
  const bool had_top = top(Side::bid) || top(Side::ask);
  clear_ladders();
  drop_held(held_.size());
  lose(state_ == BookState::empty ? BookState::empty : BookState::gapped, reason);
  first_seq_.reset();
  last_seq_.reset();
  crossed_since_.reset();
  bridged_ = false;
  drops_in_a_row_ = 0;
  return {.top_changed = had_top, .published_changed = was_ready, .wants_snapshot = true};
}

void VenueBook::syncing() {
  if (whole()) return;
  if (state_ == BookState::empty) reason_ = Reason::waiting_for_snapshot;
  state_ = BookState::syncing;
}

BookChange VenueBook::confirmed() {
  if (state_ != BookState::stale) return {};
  serve();
  return {.published_changed = ready()};
}

bool VenueBook::rescale(int price_power, int quantity_power) {
  if (!can_rescale(price_power, quantity_power)) return false;
  bool done = true;
  for (const Side side : {Side::bid, Side::ask}) {
    done = done && ladder(side).rescale(price_power, quantity_power);
    done = done && wide_ladder(side).rescale(price_power, quantity_power);
    done = done && written(side).rescale(price_power, 0);
    for (Level& level : held_levels_.levels(side))
      level.price = Price(*crossbook::rescale(level.price.count(), 0, price_power));
    if (settings_.wide) {
      for (WideQuantity& quantity : held_wide(side)) quantity = *scaled_quantity(quantity, quantity_power);
    } else {
      for (Level& level : held_levels_.levels(side)) level.quantity = *scaled_quantity(level.quantity, quantity_power);
    }
  }
  CROSSBOOK_ASSERT(done);
  return true;
}

bool VenueBook::can_rescale(int price_power, int quantity_power) const {
  for (const Side side : {Side::bid, Side::ask}) {
    if (!ladder(side).can_rescale(price_power, quantity_power)) return false;
    if (!wide_ladder(side).can_rescale(price_power, quantity_power)) return false;
    for (const Level& level : held_levels_.levels(side)) {
      if (!crossbook::rescale(level.price.count(), 0, price_power)) return false;
      if (!settings_.wide && !scaled_quantity(level.quantity, quantity_power)) return false;
    }
    for (const WideQuantity& quantity : wide_of(held_levels_, side)) {
      if (!scaled_quantity(quantity, quantity_power)) return false;
    }
  }
  return true;
}

std::vector<WideQuantity>& VenueBook::held_wide(Side side) {
  return side == Side::bid ? held_levels_.wide_bids : held_levels_.wide_asks;
}

void VenueBook::widen() {
  if (settings_.wide) return;
  for (const Side side : {Side::bid, Side::ask}) {
    ladder(side).for_each([&](const Ladder::Level& level) {
      wide_ladder(side).set(level.price, WideQuantity(level.quantity.count()));
      return true;
    });
    for (const Level& level : held_levels_.levels(side)) held_wide(side).emplace_back(level.quantity.count());
  }
  bids_.clear();
  asks_.clear();
  settings_.wide = true;
}

std::optional<WideLevel> VenueBook::top(Side side) const {
  if (settings_.wide) return wide_ladder(side).best();
  const auto best = ladder(side).best();
  if (!best) return {};
  return WideLevel{best->price, WideQuantity(best->quantity.count())};
}

std::optional<WideLevel> VenueBook::published_top(Side side) const {
  if (!ready()) return {};
  return top(side);
}

bool VenueBook::is_crossed() const {
  const std::optional<WideLevel> bid = top(Side::bid);
  const std::optional<WideLevel> ask = top(Side::ask);
  return bid && ask && bid->price > ask->price;
}

std::size_t VenueBook::levels(Side side) const {
  return settings_.wide ? wide_ladder(side).size() : ladder(side).size();
}

std::optional<WideLevel> VenueBook::next_worse(Side side, Price price) const {
  if (settings_.wide) return wide_ladder(side).next_worse(price);
  const auto level = ladder(side).next_worse(price);
  if (!level) return {};
  return WideLevel{level->price, WideQuantity(level->quantity.count())};
}

WideQuantity VenueBook::quantity_at(Side side, Price price) const {
  if (settings_.wide) return wide_ladder(side).at(price);
  return WideQuantity(ladder(side).at(price).count());
}

void VenueBook::top_levels(Side side, std::size_t count, std::vector<Level>& levels,
                           std::vector<WrittenDigits>& digits) const {
  levels.clear();
  digits.clear();
  if (count == 0) return;
  for_each(side, [&](const WideLevel& level) {
    levels.push_back({level.price, Quantity(static_cast<std::int64_t>(level.quantity.count()))});
    if (has_digits_) {
      const std::int64_t packed = std::max<std::int64_t>(written(side).at(level.price).count() - 1, 0);
      digits.push_back({static_cast<std::uint8_t>(packed / 256), static_cast<std::uint8_t>(packed % 256)});
    }
    return levels.size() < count;
  });
}

std::size_t VenueBook::bytes() const {
  const std::size_t ladders = bids_.bytes() + asks_.bytes() + wide_bids_.bytes() + wide_asks_.bytes() +
                              written_bids_.bytes() + written_asks_.bytes();
  const std::size_t inside =
      sizeof bids_ + sizeof asks_ + sizeof wide_bids_ + sizeof wide_asks_ + sizeof written_bids_ + sizeof written_asks_;
  return sizeof *this + ladders - inside + held_.capacity() * sizeof(Held) +
         (held_levels_.bids.capacity() + held_levels_.asks.capacity()) * sizeof(Level);
}

}  // namespace crossbook::book
