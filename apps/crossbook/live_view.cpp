// SPDX-License-Identifier: Apache-2.0
#include "live_view.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "book_text.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;

Json best_json(const book::Consolidated& view, Side side) {
  const auto& best = view.best(side);
  if (!best) return nullptr;
  return {format_decimal(best->price.count(), view.price_scale()),
          format_decimal(best->quantity.count(), view.quantity_scale())};
}

}  // namespace

LiveView::LiveView(const shard::LiveShard& shard, const capture::Recorder* recorder, const shard::PaperLoop* paper,
                   const LiveArguments& arguments)
    : shard_(shard),
      recorder_(recorder),
      paper_(paper),
      arguments_(arguments),
      terminal_(arguments.show && !arguments.json && isatty(STDOUT_FILENO) == 1),
      colour_(std::getenv("NO_COLOR") == nullptr) {
  if (terminal_) fmt::print("\x1b[?25l\x1b[2J");
}

LiveView::~LiveView() { leave(); }

void LiveView::leave() {
  if (std::exchange(terminal_, false)) fmt::print("\x1b[?25h\n");
}

std::string LiveView::status_line() const {
  std::size_t open = 0, subscriptions = 0, live = 0, ready = 0, behind = 0;
  Nanos behind_for;
  const auto connections = shard_.connections();
  for (const shard::LiveConnection& connection : connections) {
    open += connection.open ? 1U : 0U;
    subscriptions += connection.subscriptions;
    live += connection.subscriptions_live;
    if (!connection.behind) continue;
    ++behind;
    behind_for = std::max(behind_for, *connection.behind);
  }
  const engine::Engine& engine = shard_.player().engine();
  for (const Listing& listing : engine.listings()) ready += engine.book(listing.id).ready() ? 1U : 0U;
  std::string text = fmt::format("{} of {} connections open, {} of {} subscriptions live, {} books ready", open,
                                 connections.size(), live, subscriptions, ready);
  if (behind > 0) text += fmt::format(", {} behind for {}", behind, age_text(behind_for));
  if (recorder_ == nullptr) return text;
  const capture::RecorderCounts counts = recorder_->counts();
  if (counts.skipped > 0) text += fmt::format(", {} records skipped", counts.skipped);
  if (const sys::Status status = recorder_->status(); !status) text += ", not recording: " + status.error();
  return text;
}

void LiveView::refresh(sys::Moment now) {
  if (now.at - shown_at_ < (terminal_ ? milliseconds(100) : seconds(1))) return;
  const double elapsed = static_cast<double>((now.at - shown_at_).count()) / 1e9;
  const std::uint64_t frames = shard_.player().frames();
  rate_ = shown_at_ == Steady() ? 0 : static_cast<double>(frames - frames_) / elapsed;
  frames_ = frames;
  shown_at_ = now.at;
  if (arguments_.json) {
    fmt::print("{}\n", json(now));
  } else if (terminal_) {
    fmt::print("{}", screen(now));
  } else {
    fmt::print("{}\n", line(now));
  }
  std::fflush(stdout);
}

std::string LiveView::screen(sys::Moment now) const {
  std::string text =
      fmt::format("live  {}   {:.0f} frames a second   Ctrl-C ends\n{}\n\n", utc_text(now.wall), rate_, status_line());
  if (const auto group = shown_group(shard_.player().engine(), arguments_.symbol))
    text +=
        book_text(shard_.player(), *group, {.depth = arguments_.levels, .tick = {}, .colour = colour_}).value_or("");
  text += "\n";
  for (const shard::LiveConnection& connection : shard_.connections())
    text += fmt::format("{:18} ws.{:<3} {:12} {} of {} subscriptions live, connected {} time{}{}\n",
                        venue::feed(connection.feed).name, static_cast<std::uint32_t>(connection.connection),
                        shard::to_string(connection.phase), connection.subscriptions_live, connection.subscriptions,
                        connection.connects, connection.connects == 1 ? "" : "s",
                        connection.behind ? ", behind for " + age_text(*connection.behind) : "");
  if (paper_ != nullptr) text += "\n" + paper_line(*paper_) + "\n";
  text += steps_.text();
  return over_the_last(text);
}

std::string LiveView::line(sys::Moment now) const {
  const auto group = shown_group(shard_.player().engine(), arguments_.symbol);
  if (!group) return fmt::format("{} {}", utc_text(now.wall), status_line());
  const engine::Group& shown = shard_.player().engine().group(*group);
  const book::Consolidated& view = shown.consolidated;
  return fmt::format("{} {}  {} / {}  {} of {} venues  {}  {:.0f} frames/s", utc_text(now.wall), shown.name,
                     best_text(view, Side::bid), best_text(view, Side::ask), view.contributors(), view.size(),
                     status_line(), rate_) +
         (paper_ == nullptr ? "" : "  " + paper_line(*paper_));
}

std::string LiveView::json(sys::Moment now) const {
  const engine::Engine& engine = shard_.player().engine();
  Json connections = Json::array();
  for (const shard::LiveConnection& connection : shard_.connections())
    connections.push_back({{"venue", venue::feed(connection.feed).name},
                           {"connection", static_cast<std::uint32_t>(connection.connection)},
                           {"phase", shard::to_string(connection.phase)},
                           {"open", connection.open},
                           {"connects", connection.connects},
                           {"subscriptions", connection.subscriptions},
                           {"live", connection.subscriptions_live},
                           {"unsent_bytes", connection.unsent_bytes},
                           {"behind_ms", connection.behind ? Json(connection.behind->count() / 1'000'000) : Json()},
                           {"unread_ms", connection.unread.count() / 1'000'000},
                           {"times_behind", connection.times_behind}});
  Json books = Json::object();
  for (const Listing& listing : engine.listings()) {
    const book::VenueBook& book = engine.book(listing.id);
    books[std::string(venue::feed(listing.feed).name)][shard_.player().key(listing)] = {
        {"state", book::to_string(book.state())},
        {"reason", book.reason() == Reason::none ? Json(nullptr) : Json(to_string(book.reason()))}};
  }
  Json consolidated = Json::object();
  for (std::size_t g = 0; g < engine.groups(); ++g) {
    const book::Consolidated& view = engine.group(GroupId(g)).consolidated;
    consolidated[engine.group(GroupId(g)).name] = {
        {"bid", best_json(view, Side::bid)}, {"ask", best_json(view, Side::ask)}, {"venues", view.contributors()}};
  }
  Json all{{"t", now.wall.nanos()},
           {"frames", shard_.player().frames()},
           {"connections", connections},
           {"books", books},
           {"consolidated", consolidated}};
  if (recorder_ != nullptr)
    all["recorder"] = {{"records", recorder_->counts().records},
                       {"skipped", recorder_->counts().skipped},
                       {"queued_bytes", recorder_->counts().queued_bytes}};
  if (paper_ != nullptr) all["paper"] = paper_status_json(*paper_);
  return all.dump();
}

}  // namespace crossbook::app
