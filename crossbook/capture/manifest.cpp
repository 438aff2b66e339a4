// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/manifest.hpp"

#include <simdjson.h>

#include <filesystem>
#include <utility>

#include "crossbook/capture/recorder.hpp"
#include "crossbook/capture/text.hpp"
#include "crossbook/sys/file.hpp"

namespace crossbook::capture {
namespace {

constexpr const char* manifest_name = "/manifest.json";

// One JSON object, keys in the order of the calls.
class Object {
 public:
  explicit Object(std::string& to) : to_(to) { to_ += '{'; }
  ~Object() { to_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  std::string& key(std::string_view name) {
    if (std::exchange(started_, true)) to_ += ',';
    append_escaped(name, to_);
    to_ += ':';
    return to_;
  }
  void number(std::string_view name, std::int64_t value) { key(name) += std::to_string(value); }
  void number(std::string_view name, std::uint64_t value) { key(name) += std::to_string(value); }
  void text(std::string_view name, std::string_view value) { append_escaped(value, key(name)); }

 private:
  std::string& to_;
  bool started_ = false;
};

template <class Items, class Each>
void append_list(std::string& to, const Items& items, Each each) {
  to += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!std::exchange(first, false)) to += ',';
    to += "\n ";
    each(item);
  }
  to += ']';
}

void append(std::string& to, const RecordedFile& file) {
  Object object(to);
  object.text("name", file.name);
  object.number("first_t", file.first.nanos());
  object.number("last_t", file.last.nanos());
  object.number("lines", file.lines);
  object.number("text_bytes", file.text_bytes);
  object.number("file_bytes", file.file_bytes);
  if (file.sha256.empty()) {
    object.key("sha256") += "null";
  } else {
    object.text("sha256", file.sha256);
  }
  object.key("deleted") += file.deleted ? "true" : "false";
}

void append(std::string& to, const RecordedFeed& feed) {
  Object object(to);
  object.number("frames", feed.frames);
  object.number("sent", feed.sent);
  object.number("opened", feed.opened);
  object.number("closed", feed.closed);
  object.number("skipped", feed.skipped);
  object.number("gaps", feed.gaps);
}

void append(std::string& to, const RecordedGap& gap) {
  Object object(to);
  object.number("t", gap.t.nanos());
  object.text("venue", gap.feed);
  object.text("symbol", gap.symbol);
  object.text("reason", gap.reason);
}

}  // namespace

void Manifest::count(const Record& record) {
  if (record.dir == Direction::tick) return;
  auto found = feeds.find(record.feed);
  if (found == feeds.end()) found = feeds.emplace(record.feed, RecordedFeed()).first;
  RecordedFeed& feed = found->second;
  switch (record.dir) {
    case Direction::open: ++feed.opened; break;
    case Direction::close: ++feed.closed; break;
    case Direction::out: ++feed.sent; break;
    case Direction::alive:
    case Direction::behind:
    case Direction::caught_up: break;
    default: ++feed.frames; break;
  }
}

std::string Manifest::json() const {
  std::string text;
  {
    Object object(text);
    object.number("version", std::int64_t{1});
    append_list(object.key("files"), files, [&](const RecordedFile& file) { append(text, file); });
    {
      object.key("venues");
      Object all(text);
      for (const auto& [name, feed] : feeds) append(all.key(name), feed);
    }
    append_list(object.key("gaps"), gaps, [&](const RecordedGap& gap) { append(text, gap); });
  }
  return text + '\n';
}

sys::Status Manifest::write(const std::string& folder) const {
  const std::string path = folder + manifest_name;
  auto sink = sys::create_file(path + ".new");
  if (!sink) return sys::fault(sink.error());
  if (auto written = (*sink)->write(json()); !written) return written;
  if (auto closed = (*sink)->close(); !closed) return closed;
  std::error_code error;
  std::filesystem::rename(path + ".new", path, error);
  if (error) return sys::fault(path + ": " + error.message());
  return {};
}

sys::Outcome<std::vector<std::string>> recorded_files(const std::string& folder) {
  const std::string path = folder + manifest_name;
  const auto text = sys::read_file(path);
  if (!text) return sys::fault(text.error() + "; a folder is a recording only with the manifest of crossbook record");
  simdjson::dom::parser parser;
  std::vector<std::string> files;
  simdjson::dom::array list;
  if (parser.parse(*text)["files"].get(list) != simdjson::SUCCESS) return sys::fault(path + ": no list of files");
  for (const simdjson::dom::element file : list) {
    std::string_view name;
    bool deleted = false;
    if (file["name"].get(name) != simdjson::SUCCESS || file["deleted"].get(deleted) != simdjson::SUCCESS ||
        name.find('/') != std::string_view::npos)
      return sys::fault(path + ": a file without a name");
    if (!deleted) files.push_back(folder + "/" + std::string(name));
  }
  if (files.empty()) return sys::fault(path + ": names no file");
  return files;
}

}  // namespace crossbook::capture
