// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/core/decimal.hpp"
#include "crossbook/core/order.hpp"
#include "crossbook/sys/file.hpp"
#include "crossbook/sys/outcome.hpp"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

// Reads tables of a configuration strictly: every mistake is noted with its line, and a key that nobody asked for is
// one of them.
namespace crossbook::app {

// Errors: a file that cannot be read, or the line that is no TOML.
[[nodiscard]] inline sys::Outcome<toml::table> read_toml(const std::string& path) {
  const auto text = sys::read_file(path);
  if (!text) return sys::fault(text.error());
  toml::parse_result parsed = toml::parse(*text);
  if (parsed) return std::move(parsed).table();
  return sys::fault(
      fmt::format("{}: line {}: {}", path, parsed.error().source().begin.line, parsed.error().description()));
}

template <class Value>
using Words = std::initializer_list<std::pair<std::string_view, Value>>;

// One table of the file. What is asked for is remembered, so that what is left over can be named.
class Section {
 public:
  Section(const toml::table& table, std::string name, std::vector<std::string>& mistakes)
      : table_(table), name_(std::move(name)), mistakes_(mistakes) {}

  void mistake(const toml::node* at, std::string_view what) const {
    const auto line = at == nullptr ? table_.source().begin.line : at->source().begin.line;
    mistakes_.push_back(fmt::format("line {}: {}: {}", line, name_, what));
  }

  [[nodiscard]] const toml::node* find(std::string_view key) {
    known_.emplace_back(key);
    return table_.get(key);
  }

  // Nothing where it is absent, or no table.
  [[nodiscard]] const toml::table* table(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) mistake(node, fmt::format("{0} must be a table: [{0}]", key));
    return node->as_table();
  }

  // Visits each table below `key`: [key.NAME], its name and how mistakes call it.
  template <class Visit>
  void tables(std::string_view key, Visit&& visit) {
    const toml::table* all = table(key);
    if (all == nullptr) return;
    for (const auto& [name, node] : *all) {
      const std::string label = fmt::format("{}.{}", key, name.str());
      if (node.is_table()) visit(*node.as_table(), std::string(name.str()), label);
      else mistake(&node, fmt::format("{0} must be a table: [{0}]", label));
    }
  }

  [[nodiscard]] std::string text(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    if (const auto value = node->value_exact<std::string>()) return *value;
    mistake(node, fmt::format("{} must be text, in quotes", key));
    return {};
  }

  // Decimal text above zero; numbers of TOML would pass through a double.
  [[nodiscard]] std::string decimal(std::string_view key) {
    std::string value = text(key);
    if (value.empty()) return value;
    const auto shape = decimal_shape(value);
    const auto count = shape ? parse_decimal(value, shape->scale) : failure(Errc::malformed, "a decimal");
    if (!count || *count <= 0) mistake(find(key), fmt::format("{} \"{}\" is not a number above zero", key, value));
    return value;
  }

  [[nodiscard]] std::optional<double> number(std::string_view key, double least, double most) {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    const auto value = node->value<double>();
    if (value && !node->is_boolean() && *value >= least && *value <= most) return value;
    mistake(node, fmt::format("{} must be a number from {} to {}", key, least, most));
    return {};
  }

  // `unit` in nanoseconds.
  [[nodiscard]] std::optional<Nanos> duration(std::string_view key, double unit) {
    const auto value = number(key, 0, 1e17 / unit);
    if (!value) return {};
    return Nanos(std::llround(*value * unit));
  }

  [[nodiscard]] std::optional<MicroBps> rate(std::string_view key, double least, double most) {
    const auto value = number(key, least, most);
    if (!value) return {};
    return MicroBps(std::llround(*value * 1e6));
  }

  [[nodiscard]] std::int64_t whole(std::string_view key, std::int64_t otherwise) {
    const toml::node* node = find(key);
    if (node == nullptr) return otherwise;
    const auto value = node->value_exact<std::int64_t>();
    if (value && *value >= 1) return *value;
    mistake(node, fmt::format("{} must be a whole number from 1", key));
    return otherwise;
  }

  template <class Value>
  [[nodiscard]] Value word(std::string_view key, Words<Value> words, Value otherwise) {
    const toml::node* node = find(key);
    if (node == nullptr) return otherwise;
    const std::string given = text(key);
    std::string choices;
    for (const auto& [name, value] : words) {
      if (given == name) return value;
      choices += fmt::format("{}{}", choices.empty() ? "" : ", ", name);
    }
    if (!given.empty()) mistake(node, fmt::format("{} \"{}\" is none of {}", key, given, choices));
    return otherwise;
  }

  void refuse_others() const {
    for (const auto& [key, node] : table_)
      if (std::find(known_.begin(), known_.end(), key.str()) == known_.end())
        mistake(&node, fmt::format("unknown key {}", key.str()));
  }

 private:
  const toml::table& table_;
  std::string name_;
  std::vector<std::string>& mistakes_;
  std::vector<std::string> known_;
};

}  // namespace crossbook::app
