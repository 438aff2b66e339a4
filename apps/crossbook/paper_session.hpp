// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "crossbook/shard/paper_loop.hpp"
#include "crossbook/store/store.hpp"
#include "crossbook/sys/file.hpp"
#include "paper_text.hpp"
#include "store_journal.hpp"

// A paper loop with all that the program puts around it: the script, published fees, the store, and words.
namespace crossbook::app {

struct PaperRequest {
  std::string script;                                 // a TOML file; "example": the built-in flow
  std::string home;                                   // the venue to compare with, before the script's word; or empty
  std::string store;                                  // a file; empty: nothing outlives the process
  std::string notional = "1000";                      // of the built-in flow, in quote currency
  std::function<void(const std::string&)> show_step;  // none: no steps are shown
  shard::PaperListener* listener = nullptr;           // instead of show_step; outlives the session
  // Whether a restored order's book is watched in this session; one whose is not is cancelled. None: all are.
  std::function<bool(const shard::ListingName&)> watched;
};

class PaperSession {
 public:
  // Errors: a script with mistakes, a store that does not open, in sentences.
  [[nodiscard]] static sys::Outcome<std::unique_ptr<PaperSession>> open(const PaperRequest& request,
                                                                        shard::Player& player);
  ~PaperSession();
  PaperSession(const PaperSession&) = delete;
  PaperSession& operator=(const PaperSession&) = delete;

  [[nodiscard]] shard::PaperLoop& loop() { return *loop_; }
  [[nodiscard]] const shard::PaperLoop& loop() const { return *loop_; }
  // Ends what lives, and keeps what was learned. Errors: the first that the store gave.
  [[nodiscard]] sys::Status finish();

 private:
  PaperSession() = default;

  std::unique_ptr<sys::FileLock> lock_;  // nobody else trades with this store
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<StoreJournal> journal_;
  std::unique_ptr<PaperPrinter> printer_;
  std::unique_ptr<shard::PaperLoop> loop_;
};

}  // namespace crossbook::app
