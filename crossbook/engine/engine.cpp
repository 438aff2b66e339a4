// SPDX-License-Identifier: Apache-2.0
#include "crossbook/engine/engine.hpp"

#include <algorithm>
#include <span>

#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::engine {
namespace {

// A frame names a finer digit at most once a side; a third attempt means that the codec and the scales disagree.
constexpr int rescale_attempts_max = 4;

// Whether a message that follows another than the book's last is noticed.
bool names_the_one_before(SequenceRule rule) {
  return rule == SequenceRule::next || rule == SequenceRule::range || rule == SequenceRule::previous_range ||
         rule == SequenceRule::previous;
}

}  // namespace

Engine::Engine(const Options& options)
    : options_(options), context_(listings_), counters_(venue::feeds().size()), guard_(options.guard) {
  context_.add_listings = options.add_listings;
}

Engine::~Engine() = default;

void Engine::on(const Input& input, Effects& effects) {
  CROSSBOOK_ASSERT(inputs_ == 0 || input.at >= at_);
  at_ = input.at;
  wall_ = input.wall;
  effects_ = &effects;
  ++inputs_;
  batch_.clear();
  const std::size_t changes_before = effects.order_changes.size();
  if (!accounts_.empty()) guard_.advance(at_, wall_, effects);
  if (options_.filters) advance_timers();
  tell_spreads();  // what time did to the books counts before a command is judged
  take(input);
  note_own(changes_before);
  tell_spreads();
  effects_ = nullptr;
}

void Engine::take(const Input& input) {
  if (const auto* frame = std::get_if<Frame>(&input.what)) {
    on_frame(*frame);
  } else if (const auto* body = std::get_if<HttpBody>(&input.what)) {
    on_body(*body);
  } else if (const auto* sent = std::get_if<Sent>(&input.what)) {
    on_sent(*sent);
  } else if (const auto* session = std::get_if<SessionState>(&input.what)) {
    on_session(*session);
  } else if (const auto* alive = std::get_if<Alive>(&input.what)) {
    link(alive->connection).heard_at = at_;
  } else if (const auto* behind = std::get_if<Behind>(&input.what)) {
    on_behind(*behind);
  } else if (const auto* place = std::get_if<PlaceCommand>(&input.what)) {
    on_place(*place);
  } else if (const auto* cancel = std::get_if<CancelCommand>(&input.what)) {
    guard_.cancel(*cancel, at_, wall_, *effects_);
  } else if (const auto* report = std::get_if<OrderReport>(&input.what)) {
    guard_.on_report(*report, at_, wall_, *effects_);
  } else if (std::holds_alternative<StopCommand>(input.what)) {
    guard_.stop(at_, wall_, *effects_);
  } else if (const auto* restored = std::get_if<RestoredOrder>(&input.what)) {
    on_restored(*restored);
  } else if (const auto* trade = std::get_if<RestoredTrade>(&input.what)) {
    guard_.restore_trade(trade->order, trade->trade);
  }
}

// -- frames ----------------------------------------------------------------------------------------------------------

void Engine::on_frame(const Frame& frame) {
  Link& from = link(frame.connection);
  CROSSBOOK_ASSERT(from.open);
  const venue::Feed& feed = venue::feed(from.codec.feed);
  FeedCounters& counters = counters_[index(from.codec.feed)];
  ++counters.frames;
  from.heard_at = at_;
  const auto decoded = decode(feed, &from.codec, {}, frame.bytes);
  if (!decoded) [[unlikely]] {
    ++counters.malformed;
    return on_malformed(from, decoded.error());
  }
  if (batch_.kind == FrameKind::unknown) ++counters.unknown;
  // What comes again is not an event: nobody may count its trades twice.
  if (batch_.connection_sequence && !counter_in_order(from)) return batch_.clear();
  apply_batch(feed, &from);
}

void Engine::on_body(const HttpBody& body) {
  const venue::Feed& feed = venue::feed(body.feed);
  FeedCounters& counters = counters_[index(body.feed)];
  ++counters.frames;
  if (feed.decode_http == nullptr) {
    ++counters.unknown;
    return;
  }
  context_.feed = body.feed;
  const auto decoded = decode(feed, nullptr, body.url, body.bytes);
  if (!decoded) {
    ++counters.malformed;
    effects_->notes.push_back(
        {Note::Kind::unreadable_body, Reason::malformed_frame, context_.named, std::nullopt, decoded.error()});
    return;
  }
  if (batch_.kind == FrameKind::unknown) ++counters.unknown;
  apply_batch(feed, nullptr);
}

void Engine::on_sent(const Sent& sent) {
  Link& to = link(sent.connection);
  const auto decode_sent = venue::feed(to.codec.feed).decode_sent;
  if (decode_sent == nullptr) return;
  context_.feed = to.codec.feed;
  context_.connection = &to.codec;
  decode_sent(context_, sent.bytes);
  add_missing_entries();
}

void Engine::on_session(const SessionState& session) {
  Link& changed = link(session.connection);
  if (session.open) {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (entries_[i].owner == session.connection) settle(ListingId(i), entries_[i].book.reset(Reason::reconnect));
    changed.codec.channels.clear();
    changed.codec.subscriptions.clear();
    changed.codec.depth = 0;
    changed.codec.id = session.connection;
    changed.codec.feed = session.feed;
    changed.last_sequence.reset();
    changed.heard_at = at_;
    changed.behind = false;
    changed.open = true;
    const Nanos limit = venue::feed(session.feed).silence_max;
    link_deadlines_.schedule(static_cast<std::uint32_t>(session.connection), at_ + limit);
  } else {
    changed.open = false;
    changed.behind = false;
    hand_over(session.connection);
    fail_owned(session.connection, book::BookState::gapped, Reason::reconnect);
  }
}

// A book that is known to be old is no price, so the books of a connection that is read too late leave the view. They
// go on with its messages, none of which is skipped, and come back as they then are. What is owed to changes of a price
// (consolidation, spreads, whoever listens) therefore happens once, when all is read, and not for each message.
void Engine::on_behind(const Behind& told) {
  Link& from = link(told.connection);
  if (!from.open || from.behind == told.behind) return;
  from.behind = told.behind;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto id = ListingId(i);
    const bool fetched = !entries_[i].owner && listings_[id].feed == from.codec.feed;
    if (fetched || entries_[i].owner == told.connection) settle(id, entries_[i].book.hold_back(is_behind(id)));
  }
}

// Whether what changes a book is read too late: on its connection or, for a fetched book that no socket has carried on
// yet, on any of its feed.
bool Engine::is_behind(ListingId id) const {
  const Entry& entry = entries_[index(id)];
  if (entry.owner) return links_[index(*entry.owner)].behind;
  return std::ranges::any_of(links_,
                             [&](const Link& link) { return link.behind && link.codec.feed == listings_[id].feed; });
}

// Decodes into batch_. A number finer than its listing's scale rescales the book, off the steady path, and the frame is
// decoded again from the start: a codec notes what it learns of a connection only once its frame fits.
Result<void> Engine::decode(const venue::Feed& feed, venue::Connection* connection, std::string_view url,
                            std::string_view bytes) {
  context_.connection = connection;
  if (connection != nullptr) context_.feed = connection->feed;
  for (int attempt = 0;; ++attempt) {
    batch_.clear();
    context_.needed.clear();
    context_.named.reset();
    auto decoded =
        connection != nullptr ? feed.decode(context_, bytes, batch_) : feed.decode_http(context_, url, bytes, batch_);
    add_missing_entries();
    if (decoded || decoded.error().code == Errc::malformed) return decoded;
    if (decoded.error().code == Errc::unknown) {
      batch_.kind = FrameKind::unknown;
      return {};
    }
    if (attempt == rescale_attempts_max) return failure(Errc::malformed, "numbers that fit one scale");
    for (const venue::Context::Need& need : context_.needed)
      if (!make_room(need)) return failure(Errc::malformed, "a price within 63 bits");
  }
}

// Gives a listing the scales, or the width, that a frame needs. False where its prices would leave 63 bits.
bool Engine::make_room(const venue::Context::Need& need) {
  Listing& listing = listings_[need.listing];
  book::VenueBook& book = entries_[index(need.listing)].book;
  const int price_power = std::max(0, need.price_scale - listing.price_scale);
  const int quantity_power = std::max(0, need.quantity_scale - listing.quantity_scale);
  if (need.wide && !listing.wide) {
    book.widen();
    listing.wide = true;
  }
  if (!book.rescale(price_power, quantity_power)) {
    if (listing.wide) return false;
    book.widen();
    listing.wide = true;
    if (!book.rescale(price_power, quantity_power)) return false;
  }
  listing.price_scale += price_power;
  listing.quantity_scale += quantity_power;
  own_.rescale(need.listing, price_power, quantity_power);
  entries_[index(need.listing)].bbo.reset();
  entries_[index(need.listing)].checked.valid = false;
  rescale_groups(need.listing);
  return true;
}

void Engine::rescale_groups(ListingId id) {
  const Listing& listing = listings_[id];
  for (const Membership& membership : entries_[index(id)].memberships) {
    groups_[index(membership.group)].consolidated.rescale(membership.member, listing.price_scale,
                                                          listing.quantity_scale);
    note_moved(membership.group);
  }
  publish(id);
}

// A frame that its venue does not document taints the book that it names; if it names none, the books of its
// connection that nothing else would prove wrong.
void Engine::on_malformed(const Link& from, const Error& error) {
  batch_.clear();
  effects_->notes.push_back(
      {Note::Kind::malformed_frame, Reason::malformed_frame, context_.named, from.codec.id, error});
  if (context_.named) return fail(*context_.named, book::BookState::gapped, Reason::malformed_frame);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.owner == from.codec.id && entry.book.verified() == book::Verified::unverifiable)
      fail(ListingId(i), book::BookState::gapped, Reason::malformed_frame);
  }
}

// One counter over all messages of a connection: a jump means that any of its books may have lost one. A number at or
// below the last is a message out of order, and is ignored.
bool Engine::counter_in_order(Link& from) {
  const std::int64_t sequence = *batch_.connection_sequence;
  const auto last = from.last_sequence;
  if (last && sequence <= *last) return false;
  from.last_sequence = sequence;
  if (last && sequence != *last + 1) {
    ++counters_[index(from.codec.feed)].connection_gaps;
    effects_->notes.push_back(
        {Note::Kind::connection_gap, Reason::connection_gap, std::nullopt, from.codec.id, Error{}});
    fail_owned(from.codec.id, book::BookState::gapped, Reason::connection_gap);
  }
  return true;
}

void Engine::apply_batch(const venue::Feed& feed, Link* from) {
  for (const BookEvent& event : batch_.books) apply_book(feed, from, event);
  for (const Bbo& bbo : batch_.bbos) apply_bbo(bbo);
  if (batch_.kind == FrameKind::heartbeat && batch_.subject) entries_[index(*batch_.subject)].liveness.heartbeat(at_);
}

void Engine::apply_book(const venue::Feed& feed, Link* from, const BookEvent& event) {
  Entry& entry = entries_[index(event.listing)];
  if (from != nullptr) {
    if (is_spare(entry, *from, event)) {
      entry.spare = from->codec.id;
      return;
    }
    entry.owner = from->codec.id;
  }
  if (!entry.grouped) join_symbol_group(event.listing);
  if (options_.filters) {
    if (!entry.liveness.last_heard()) {
      entry.liveness.restart(at_);
      book_deadlines_.schedule(static_cast<std::uint32_t>(event.listing), at_ + book::late_min);
    }
    entry.liveness.message(at_);
    for (const Membership& membership : entry.memberships)
      groups_[index(membership.group)].consolidated.heard(membership.member, at_);
  }
  // Another connection may have taken over.
  book::BookChange held;
  if (const bool behind = is_behind(event.listing); behind != entry.book.held_back())
    held = entry.book.hold_back(behind);
  book::BookChange change = entry.book.on(event, batch_, at_, wall_);
  change.published_changed |= held.published_changed;
  settle(event.listing, change);
  if (change.outcome != book::Outcome::applied) return;
  if (event.checksum) {
    verify_checksum(feed, event.listing, event);
  } else {
    entry.checked.valid = false;
  }
}

// A second connection that carries the same book is a spare while the owner serves. Then it takes over with a message
// that can begin the book: a snapshot or, where snapshots are fetched and no connection sends one, the first of any
// kind after the owner closed; its changes wait for the fetch.
bool Engine::is_spare(const Entry& entry, const Link& from, const BookEvent& event) const {
  if (!entry.owner || *entry.owner == from.codec.id) return false;
  const Link& owner = links_[index(*entry.owner)];
  const venue::Feed& feed = venue::feed(owner.codec.feed);
  const bool serves = owner.open && entry.book.ready() && at_ - owner.heard_at <= feed.silence_max;
  const bool begins = event.kind == BookEventKind::snapshot || (!owner.open && feed.snapshot == SnapshotSource::rest);
  return serves || !begins;
}

void Engine::verify_checksum(const venue::Feed& feed, ListingId id, const BookEvent& event) {
  if (feed.checksum == nullptr) return;
  Entry& entry = entries_[index(id)];
  const std::uint32_t ours = beyond_checked(entry, event) ? entry.checked.checksum : compute_checksum(feed, id);
  settle(id, entry.book.checksum_result(ours == *event.checksum));
}

// Whether every level of a delta lies further from the touch than the checksum reaches.
bool Engine::beyond_checked(const Entry& entry, const BookEvent& event) const {
  const CheckedTop& checked = entry.checked;
  const std::array decimals{entry.book.price_decimals(), entry.book.quantity_decimals()};
  if (!checked.valid || event.kind == BookEventKind::snapshot || checked.decimals != decimals) return false;
  const auto beyond = [&](Side side, std::span<const Level> levels) {
    const auto& worst = checked.worst[side == Side::bid ? 0 : 1];
    return levels.empty() || (worst && std::all_of(levels.begin(), levels.end(), [&](const Level& level) {
                                return better(side, *worst, level.price);
                              }));
  };
  return beyond(Side::bid, batch_.bids_of(event)) && beyond(Side::ask, batch_.asks_of(event));
}

std::uint32_t Engine::compute_checksum(const venue::Feed& feed, ListingId id) {
  const Listing& listing = listings_[id];
  Entry& entry = entries_[index(id)];
  const book::VenueBook& book = entry.book;
  book.top_levels(Side::bid, feed.checksum_levels, checksum_bids_, checksum_written_bids_);
  book.top_levels(Side::ask, feed.checksum_levels, checksum_asks_, checksum_written_asks_);
  const auto worst = [&](const std::vector<Level>& levels) {
    return levels.size() < feed.checksum_levels ? std::nullopt : std::optional(levels.back().price);
  };
  entry.checked.checksum = feed.checksum({.bids = checksum_bids_,
                                          .asks = checksum_asks_,
                                          .written_bids = checksum_written_bids_,
                                          .written_asks = checksum_written_asks_,
                                          .price_scale = listing.price_scale,
                                          .quantity_scale = listing.quantity_scale,
                                          .price_decimals = book.price_decimals(),
                                          .quantity_decimals = book.quantity_decimals()});
  entry.checked.valid = true;
  entry.checked.worst = {worst(checksum_bids_), worst(checksum_asks_)};
  entry.checked.decimals = {book.price_decimals(), book.quantity_decimals()};
  return entry.checked.checksum;
}

void Engine::apply_bbo(const Bbo& bbo) {
  if (!options_.use_bbo) return;
  entries_[index(bbo.listing)].bbo = bbo;
  publish(bbo.listing);
}

// -- listings, connections, groups -----------------------------------------------------------------------------------

Engine::Link& Engine::link(ConnectionId id) {
  while (links_.size() <= index(id)) links_.emplace_back();
  return links_[index(id)];
}

void Engine::add_missing_entries() {
  while (entries_.size() < listings_.size()) {
    const Listing& listing = listings_[ListingId(entries_.size())];
    const venue::Feed& feed = venue::feed(listing.feed);
    book::BookSettings settings{.rule = feed.rule, .snapshot = feed.snapshot, .tick = {}, .wide = listing.wide};
    if (listing.instrument.tick_size)
      if (const auto tick = parse_decimal(*listing.instrument.tick_size, listing.price_scale))
        settings.tick = Price(*tick);
    entries_.emplace_back(settings);
  }
}

ListingId Engine::add_listing(FeedId feed, std::string_view raw_symbol) {
  if (const Listing* known = listings_.find(feed, raw_symbol)) return known->id;
  Listing& added = listings_.add(feed, raw_symbol);
  if (const auto describe = venue::feed(feed).describe) describe(added);
  add_missing_entries();
  return added.id;
}

GroupId Engine::add_group(std::string name, const std::vector<std::pair<FeedId, std::string>>& members) {
  const auto id = GroupId(groups_.size());
  const book::Filters filters{options_.filters, options_.filters, options_.filters};
  groups_.push_back({std::move(name), !members.empty(), {}, book::Consolidated({.filters = filters})});
  moved_.push_back(false);
  for (const auto& [feed, raw_symbol] : members)
    join(id, add_listing(feed, raw_symbol), {.name = std::string(venue::feed(feed).name), .venue_key = {}});
  return id;
}

std::optional<GroupId> Engine::find_group(std::string_view name) const {
  for (std::size_t i = 0; i < groups_.size(); ++i)
    if (groups_[i].name == name) return GroupId(i);
  return {};
}

std::vector<const book::VenueBook*> Engine::books(const Group& group) const {
  std::vector<const book::VenueBook*> result;
  for (const ListingId id : group.members) result.push_back(&entries_[index(id)].book);
  return result;
}

// The first book message of a listing makes it a member of its symbol's consolidated book.
void Engine::join_symbol_group(ListingId id) {
  entries_[index(id)].grouped = true;
  auto settings = member_settings(id);
  if (!settings) return;
  const std::string& symbol = listings_[id].instrument.symbol;
  const auto known = find_group(symbol);
  join(known ? *known : add_group(symbol, {}), id, std::move(*settings));
}

// What a listing is in its symbol's consolidated book; nothing where it can be in none. Contracts of unknown size
// cannot be added to anything.
std::optional<book::MemberSettings> Engine::member_settings(ListingId id) const {
  const Listing& listing = listings_[id];
  const Instrument& instrument = listing.instrument;
  if (!options_.group_symbols || instrument.symbol.empty()) return {};
  const std::string venue(venue::feed(listing.feed).venue);
  book::MemberSettings settings{.name = venue, .venue_key = venue};
  if (instrument.quantity_unit == QuantityUnit::contract) {
    if (!instrument.contract_size) return {};
    const auto shape = decimal_shape(*instrument.contract_size);
    if (!shape) return {};
    const auto count = parse_decimal(*instrument.contract_size, shape->scale);
    if (!count) return {};
    settings.contract_size = book::ContractSize{*count, shape->scale};
  }
  return settings;
}

void Engine::join(GroupId group, ListingId id, book::MemberSettings settings) {
  Group& joined = groups_[index(group)];
  if (joined.consolidated.size() == book::members_max) return;
  settings.price_scale = listings_[id].price_scale;
  settings.quantity_scale = listings_[id].quantity_scale;
  const book::Member member = joined.consolidated.add(settings);
  joined.members.push_back(id);
  entries_[index(id)].memberships.push_back({group, member});
}

// -- what a change means to others -----------------------------------------------------------------------------------

void Engine::settle(ListingId id, const book::BookChange& change) {
  Entry& entry = entries_[index(id)];
  if (change.outcome == book::Outcome::applied || change.top_changed || change.published_changed) touch(id);
  if (change.wants_snapshot) {
    const Reason reason = entry.book.reason();
    effects_->notes.push_back({Note::Kind::book_state, reason, id, entry.owner, Error{}});
    if (venue::feed(listings_[id].feed).snapshot == SnapshotSource::rest) {
      effects_->fetches.push_back({id});
    } else {
      effects_->resyncs.push_back({id, reason});
    }
  }
  if (change.published_changed) {
    publish(id);
  } else if (change.outcome == book::Outcome::applied && own_.any(id)) {
    note_others_moved(id);  // what stands behind our own
  }
}

void Engine::fail(ListingId id, book::BookState state, Reason reason) {
  settle(id, entries_[index(id)].book.fail(state, reason));
}

void Engine::fail_owned(ConnectionId owner, book::BookState state, Reason reason) {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].owner == owner) fail(ListingId(i), state, reason);
}

// Where each message names the one before, a whole book goes on with the messages of a spare: what got lost between the
// two shows in the first of them. So a connection that is replaced in time costs no book.
void Engine::hand_over(ConnectionId owner) {
  for (Entry& entry : entries_) {
    if (entry.owner != owner || !entry.spare || !entry.book.ready()) continue;
    const Link& spare = links_[index(*entry.spare)];
    // One that is read too late holds a book that is old.
    if (spare.open && !spare.behind && names_the_one_before(venue::feed(spare.codec.feed).rule))
      entry.owner = entry.spare;
    entry.spare.reset();
  }
}

// Fetched books that no socket has carried on: their feed's socket is all that could tell when they change.
void Engine::fail_fetched(FeedId feed, book::BookState state, Reason reason) {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (!entries_[i].owner && listings_[ListingId(i)].feed == feed) fail(ListingId(i), state, reason);
}

void Engine::touch(ListingId id) {
  Entry& entry = entries_[index(id)];
  if (entry.touched_in == inputs_) return;
  entry.touched_in = inputs_;
  effects_->books.push_back(id);
}

void Engine::publish(ListingId id) {
  const Entry& entry = entries_[index(id)];
  note_moved(id);
  if (entry.memberships.empty()) return;
  const book::MemberTop top{.bid = top_of(entry, Side::bid),
                            .ask = top_of(entry, Side::ask),
                            .reason = entry.book.ready() ? Reason::none : entry.book.reason(),
                            .verified = entry.book.verified()};
  for (const Membership& membership : entry.memberships) {
    book::Consolidated& consolidated = groups_[index(membership.group)].consolidated;
    const bool changed = consolidated.set(membership.member, top, at_);
    if (const auto due = consolidated.next_due())
      group_deadlines_.schedule(static_cast<std::uint32_t>(membership.group), *due);
    // Behind our own best, the best of the others moves unseen.
    if (changed || ours_in(groups_[index(membership.group)])) note_moved(membership.group);
    if (!changed) continue;
    moved_[index(membership.group)] = true;
    effects_->groups.push_back(membership.group);
  }
}

// The ladder's top, or that of the feed's own best bid-ask stream where it is newer: by update id, else by venue time.
std::optional<book::WideLevel> Engine::top_of(const Entry& entry, Side side) const {
  auto top = entry.book.published_top(side);
  if (!entry.bbo || !entry.book.ready()) return top;
  const auto last = entry.book.last_seq();
  const bool newer = entry.bbo->sequence && last                    ? *entry.bbo->sequence > *last
                     : entry.bbo->ts_event && entry.book.ts_event() ? *entry.bbo->ts_event > *entry.book.ts_event()
                                                                    : false;
  if (!newer) return top;
  const auto& level = side == Side::bid ? entry.bbo->bid : entry.bbo->ask;
  if (!level) return std::nullopt;
  return book::WideLevel{level->price, WideQuantity(level->quantity.count())};
}

// -- time ------------------------------------------------------------------------------------------------------------

void Engine::advance_timers() {
  link_deadlines_.advance(at_, [this](std::uint32_t id) -> std::optional<Steady> {
    const Link& due = links_[id];
    const Nanos limit = venue::feed(due.codec.feed).silence_max;
    if (!due.open || due.heard_at + limit > at_) return due.open ? std::optional(due.heard_at + limit) : std::nullopt;
    fail_owned(ConnectionId(id), book::BookState::stale, Reason::connection_silent);
    fail_fetched(due.codec.feed, book::BookState::stale, Reason::connection_silent);
    return at_ + limit;
  });
  book_deadlines_.advance(at_, [this](std::uint32_t id) -> std::optional<Steady> {
    judge_silence(ListingId(id));
    // A dead stream is looked at again: its next message starts it anew.
    return entries_[id].liveness.next_due(at_).value_or(at_ + book::dead_min);
  });
  if (!sampled_at_ || at_ - *sampled_at_ >= consensus_sample_period) sample_consensus();
  group_deadlines_.advance(at_, [this](std::uint32_t id) { return advance_group(GroupId(id)); });
}

// A venue that was off the consensus may return by time alone.
std::optional<Steady> Engine::advance_group(GroupId id) {
  book::Consolidated& consolidated = groups_[index(id)].consolidated;
  const auto due = consolidated.next_due();
  if (!due || *due > at_) return due;
  const bool changed = consolidated.advance(at_);
  if (changed || ours_in(groups_[index(id)])) note_moved(id);
  if (changed) {
    moved_[index(id)] = true;
    effects_->groups.push_back(id);
  }
  return consolidated.next_due();
}

void Engine::sample_consensus() {
  sampled_at_ = at_;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (!moved_[i]) continue;
    moved_[i] = false;
    sample(groups_[i]);
  }
}

// Tells every member where the others stand, late ones left out. A late one that they have moved away from is stale
// from now on.
void Engine::sample(Group& group) {
  if (group.by_hand) return;
  std::uint64_t late = 0;
  for (std::size_t m = 0; m < group.members.size(); ++m)
    if (entries_[index(group.members[m])].liveness.late(at_)) late |= std::uint64_t{1} << m;
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    const auto member = static_cast<book::Member>(m);
    const ListingId id = group.members[m];
    const auto bid = group.consolidated.member_top(member, Side::bid);
    const auto ask = group.consolidated.member_top(member, Side::ask);
    const std::int64_t spread = bid && ask ? std::max<std::int64_t>(0, (ask->price - bid->price).count()) : 0;
    entries_[index(id)].liveness.consensus(group.consolidated.others_doubled_mid(member, late), spread);
    judge_silence(id);
  }
}

void Engine::judge_silence(ListingId id) {
  Entry& entry = entries_[index(id)];
  if (!entry.book.ready()) return;
  const Reason reason = entry.liveness.stale(at_);
  if (reason == Reason::none) return;
  fail(id, book::BookState::stale, reason);
  if (entry.liveness.take_probe(at_)) effects_->fetches.push_back({id});
}

}  // namespace crossbook::engine
