// SPDX-License-Identifier: Apache-2.0
#include "paper_session.hpp"

#include <fmt/format.h>

#include <utility>

#include "crossbook/store/calibrations.hpp"
#include "crossbook/sys/file.hpp"
#include "crossbook/venue/registry.hpp"
#include "paper_beliefs.hpp"
#include "paper_script_toml.hpp"

namespace crossbook::app {
sys::Outcome<std::unique_ptr<PaperSession>> PaperSession::open(const PaperRequest& request, shard::Player& player) {
  std::unique_ptr<PaperSession> session(new PaperSession);
  shard::PaperOptions options;
  if (request.script == "example") {
    options.script = shard::example_flow(request.notional);
  } else {
    auto script = read_paper_script(request.script);
    if (!script) return sys::fault(script.error());
    options.script = std::move(*script);
  }
  if (!request.home.empty()) options.script.home = request.home;
  const std::string& home = options.script.home;
  if (!home.empty() && home != shard::first_home && !venue::is_venue(home))
    return sys::fault(fmt::format("no venue is named '{}' (home); crossbook venues lists them", home));
  options.belief = published_belief;
  std::vector<shard::RestoredIntent> orders;
  std::string exchanges;
  if (!request.store.empty()) {
    auto lock = sys::lock_file(request.store + ".lock");
    if (!lock) return sys::fault(lock.error());
    if (*lock == nullptr)
      return sys::fault(request.store + ": another program trades with this store; stop it, or name another file");
    session->lock_ = std::move(*lock);
    auto store = store::open_store(request.store);
    if (!store) return sys::fault(store.error());
    session->store_ = std::move(*store);
    session->journal_ = std::make_unique<StoreJournal>(*session->store_, request.store);
    auto calibrations = store::read_calibrations(*session->store_, {});
    if (!calibrations) return sys::fault(calibrations.error());
    options.calibrator = std::move(calibrations->calibrator);
    auto measured = store::read_outside_calibrations(*session->store_, {});
    if (!measured) return sys::fault(measured.error());
    options.belief = measured_beliefs(std::move(*measured));
    auto live = session->journal_->live_orders();
    if (!live) return sys::fault(live.error());
    orders = std::move(*live);
    for (shard::RestoredIntent& order : orders)
      if (request.watched && !request.watched(order.intent.listing)) order.wanted_gone = true;
    auto kept = session->journal_->exchanges();
    if (!kept) return sys::fault(kept.error());
    exchanges = std::move(*kept);
    const auto next = session->store_->next_order();
    if (!next) return sys::fault(next.error());
    options.first_order = *next;
    options.journal = session->journal_.get();
  }
  if (request.show_step) session->printer_ = std::make_unique<PaperPrinter>(request.show_step);
  options.listener = request.listener != nullptr ? request.listener : session->printer_.get();
  session->loop_ = std::make_unique<shard::PaperLoop>(player, std::move(options));
  if (auto restored = session->loop_->restore(std::move(orders), exchanges); !restored)
    return sys::fault(restored.error());
  return session;
}

PaperSession::~PaperSession() = default;

sys::Status PaperSession::finish() {
  loop_->finish();
  if (!loop_->healthy()) return loop_->healthy();
  if (!store_) return {};
  if (auto flushed = store_->flush(); !flushed) return flushed;
  auto calibrations = store::read_calibrations(*store_, {});
  if (!calibrations) return sys::fault(calibrations.error());
  return store::keep_calibrations(*store_, *calibrations);
}

}  // namespace crossbook::app
