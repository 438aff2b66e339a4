// SPDX-License-Identifier: Apache-2.0
#include "live_config.hpp"

#include "live_feeds.hpp"
#include "toml_section.hpp"

namespace crossbook::app {
namespace {

std::vector<std::string> read_symbols(Section& section) {
  std::vector<std::string> symbols;
  const toml::node* node = section.find("symbols");
  if (node == nullptr) return symbols;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    section.mistake(node, "symbols must be a list: [\"BTC/USDT\", \"ETH/USDT\"]");
    return symbols;
  }
  for (const toml::node& one : *list) {
    if (const auto text = one.value_exact<std::string>()) {
      symbols.push_back(*text);
    } else {
      section.mistake(&one, "a symbol must be text, in quotes");
    }
  }
  return symbols;
}

std::optional<bool> read_flag(Section& section, std::string_view key) {
  const toml::node* node = section.find(key);
  if (node == nullptr) return {};
  const auto flag = node->value_exact<bool>();
  if (!flag) section.mistake(node, fmt::format("{} must be true or false", key));
  return flag;
}

std::uint32_t read_count(Section& section, std::string_view key) {
  return static_cast<std::uint32_t>(section.number(key, 0, 1e6).value_or(0));
}

VenueConfig read_venue(const toml::table& table, const std::string& name, std::vector<std::string>& mistakes) {
  Section section(table, name, mistakes);
  VenueConfig venue;
  venue.symbols = read_symbols(section);
  venue.depth = read_count(section, "depth");
  venue.trades = read_flag(section, "trades");
  venue.bbo = read_flag(section, "bbo");
  venue.endpoint = section.text("endpoint");
  venue.ca_file = section.text("ca_file");
  venue.deflate = read_flag(section, "deflate").value_or(false);
  venue.streams_max = read_count(section, "streams_max");
  section.refuse_others();
  return venue;
}

void read_record(Section& root, LiveConfig& config, std::vector<std::string>& mistakes) {
  const toml::table* table = root.table("record");
  if (table == nullptr) return;
  Section section(*table, "record", mistakes);
  config.record.folder = section.text("folder");
  if (config.record.folder.empty()) section.mistake(table, "folder is missing: folder = \"recordings\"");
  config.record.file_mb = static_cast<std::uint64_t>(section.number("file_mb", 1, 1e6).value_or(256));
  config.record.file_minutes = section.number("file_minutes", 0.01, 1e5).value_or(60);
  config.record.keep_gb = section.number("keep_gb", 0, 1e6).value_or(0);
  section.refuse_others();
}

void read_paper(Section& root, LiveConfig& config, std::vector<std::string>& mistakes) {
  const toml::table* table = root.table("paper");
  if (table == nullptr) return;
  Section section(*table, "paper", mistakes);
  config.paper.script = section.text("script");
  if (config.paper.script.empty()) section.mistake(table, "script is missing: script = \"example\"");
  config.paper.store = section.text("store");
  section.refuse_others();
}

}  // namespace

sys::Outcome<LiveConfig> read_live_config(const std::string& path, std::vector<std::string>& mistakes) {
  const auto table = read_toml(path);
  if (!table) return sys::fault(table.error());
  LiveConfig config;
  Section root(*table, "file", mistakes);
  config.symbols = read_symbols(root);
  config.spin = read_flag(root, "spin").value_or(false);
  config.shares = static_cast<std::int32_t>(root.whole("shares", 1));
  config.for_seconds = root.number("for_seconds", 0, 1e9).value_or(0);
  root.tables("venues", [&](const toml::table& venue, const std::string& name, const std::string& label) {
    config.venues[name] = read_venue(venue, label, mistakes);
  });
  read_record(root, config, mistakes);
  read_paper(root, config, mistakes);
  root.refuse_others();
  return config;
}

std::vector<std::string> mistakes_of(const LiveConfig& config) {
  std::vector<std::string> mistakes;
  for (const shard::LiveMistake& mistake : shard::mistakes_of(request_of(config))) {
    if (mistake.venue.empty()) mistakes.push_back(mistake.what + ": name some with --venues, or write [venues.kraken]");
    else mistakes.push_back(fmt::format("venues.{}: {}", mistake.venue, mistake.what));
  }
  return mistakes;
}

}  // namespace crossbook::app
