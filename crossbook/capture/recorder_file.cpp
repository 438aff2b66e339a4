// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/recorder_file.hpp"

#include <array>
#include <ctime>
#include <filesystem>
#include <utility>

#include "crossbook/sys/clock.hpp"
#include "crossbook/sys/file.hpp"
#include "crossbook/sys/sha256.hpp"

namespace crossbook::capture {
namespace {

constexpr Nanos retry_after = seconds(10);  // once a disk was full or gone

// A file, with the digest of what went into it.
class DigestingSink final : public sys::Sink {
 public:
  DigestingSink(std::unique_ptr<sys::Sink> file, std::shared_ptr<std::string> digest)
      : file_(std::move(file)), digest_(std::move(digest)) {}
  sys::Status write(std::string_view bytes) override {
    sha_.update(bytes);
    return file_->write(bytes);
  }
  sys::Status sync() override { return file_->sync(); }
  sys::Status close() override {
    *digest_ = sha_.hex();
    return file_->close();
  }
  [[nodiscard]] const std::string& name() const override { return file_->name(); }

 private:
  std::unique_ptr<sys::Sink> file_;
  std::shared_ptr<std::string> digest_;
  sys::Sha256 sha_;
};

// 20261123T141500Z
std::string compact_utc(Wall wall) {
  const auto since_epoch = static_cast<std::time_t>(wall.nanos() / 1'000'000'000);
  std::tm utc{};
  gmtime_r(&since_epoch, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
  return {text.data(), size};
}

}  // namespace

sys::Status RecorderFiles::begin() {
  const std::string path = options_.folder + "/manifest.json";
  if (std::filesystem::exists(path))
    return sys::fault(path + ": there is a recording here already; name another folder");
  return manifest_.write(options_.folder);
}

sys::Status RecorderFiles::begin_file(Wall first) {
  std::string number = std::to_string(begun_ + 1);
  number.insert(0, number.size() < 6 ? 6 - number.size() : 0, '0');
  RecordedFile file;
  file.name = options_.name + "-" + compact_utc(first) + "-" + number + ".jsonl" + options_.suffix;
  file.first = file.last = first;
  const std::string path = options_.folder + "/" + file.name;
  auto sink = sys::create_file(path);
  if (!sink) return sys::fault(sink.error());
  digest_ = std::make_shared<std::string>();
  writer_.emplace(std::make_unique<DigestingSink>(std::move(*sink), digest_), compression_of(path));
  ++begun_;
  manifest_.files.push_back(std::move(file));
  return manifest_.write(options_.folder);
}

sys::Status RecorderFiles::end_file() {
  if (!writer_) return {};
  const sys::Status closed = writer_->close();
  RecordedFile& file = manifest_.files.back();
  file.text_bytes = writer_->text_bytes();
  file.file_bytes = writer_->file_bytes();
  if (closed) file.sha256 = *digest_;
  writer_.reset();
  delete_oldest();
  const sys::Status told = manifest_.write(options_.folder);
  return closed ? told : closed;
}

void RecorderFiles::delete_oldest() {
  if (options_.keep_bytes == 0) return;
  std::uint64_t kept = 0;
  for (auto file = manifest_.files.rbegin(); file != manifest_.files.rend(); ++file) {
    kept += file->deleted ? 0 : file->file_bytes;
    if (file->deleted || kept <= options_.keep_bytes || file == manifest_.files.rbegin()) continue;
    std::error_code error;
    std::filesystem::remove(options_.folder + "/" + file->name, error);
    if (!error) file->deleted = true;
  }
}

sys::Status RecorderFiles::write(const Record& record) {
  if (!failure_.empty() && *record.t_mono < retry_at_) {
    lose(record.feed, record.conn, 1);
    return sys::fault(failure_);
  }
  sys::Status done;
  if (writer_ &&
      (writer_->file_bytes() >= options_.file_bytes || record.t - manifest_.files.back().first >= options_.file_time))
    done = end_file();
  if (done && !writer_) done = begin_file(record.t);
  if (done && !lost_.empty()) {
    key_.assign(record.feed).append(1, ' ').append(record.conn);
    if (const auto lost = lost_.find(key_); lost != lost_.end()) {
      const std::string payload = std::to_string(lost->second) + " messages were not recorded";
      Record note = record;
      note.dir = Direction::close;
      note.url = {};
      note.payload = payload;
      done = put(note);
      if (done) lost_.erase(lost);
    }
  }
  if (done) done = put(record);
  if (done) {
    failure_.clear();
    return done;
  }
  failure_ = done.error();
  retry_at_ = *record.t_mono + retry_after;
  std::ignore = end_file();
  lose(record.feed, record.conn, 1);
  return done;
}

sys::Status RecorderFiles::put(const Record& record) {
  if (auto written = writer_->write(record); !written) return written;
  unsynced_ = true;
  RecordedFile& file = manifest_.files.back();
  file.last = record.t;
  ++file.lines;
  manifest_.count(record);
  return {};
}

sys::Status RecorderFiles::sync_when_due(Steady now) {
  if (!failure_.empty()) return sys::fault(failure_);
  if (!writer_ || !unsynced_ || now - synced_at_ < options_.sync_every) return {};
  synced_at_ = now;
  unsynced_ = false;
  return writer_->sync();
}

sys::Status RecorderFiles::close() {
  const sys::Status ended = end_file();
  if (!ended) return ended;
  const sys::Status told = manifest_.write(options_.folder);
  return failure_.empty() ? told : sys::fault(failure_);
}

void RecorderFiles::lose(std::string_view feed, std::string_view conn, std::uint64_t count) {
  key_.assign(feed).append(1, ' ').append(conn);
  lost_[key_] += count;
  auto found = manifest_.feeds.find(feed);
  if (found == manifest_.feeds.end()) found = manifest_.feeds.emplace(feed, RecordedFeed()).first;
  found->second.skipped += count;
}

void RecorderFiles::note_gap(Wall t, std::string_view feed, std::string_view symbol, std::string_view reason) {
  auto found = manifest_.feeds.find(feed);
  if (found == manifest_.feeds.end()) found = manifest_.feeds.emplace(feed, RecordedFeed()).first;
  ++found->second.gaps;
  if (manifest_.gaps.size() < Manifest::gaps_kept_max)
    manifest_.gaps.push_back({t, std::string(feed), std::string(symbol), std::string(reason)});
}

}  // namespace crossbook::capture
