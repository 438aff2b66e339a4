// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/floor.hpp"

#include "crossbook/venue/digits.hpp"
#include "crossbook/venue/json.hpp"

namespace crossbook::venue {
namespace {

// The shapes of the row before, tried first as the scanner does.
struct Shapes {
  DecimalShapeAt price{1, 1};
  DecimalShapeAt size{1, 1};
};

bool fit(const char* text, DecimalShapeAt& shape) {
  if (has_shape(text, shape)) return true;
  const DecimalShapeAt found = shape_of(text);
  if (found.usable()) shape = found;
  return found.usable();
}

Result<std::int64_t> sum_of_levels(ondemand::array rows) {
  std::int64_t sum = 0;
  Shapes shapes;
  for (auto row : rows) {
    const char* texts[2] = {nullptr, nullptr};
    int n = 0;
    for (auto cell : row) {
      CROSSBOOK_JSON(text, cell.get_raw_json_string(), "a number in quotes");
      if (n < 2) texts[n] = text.raw();
      ++n;
    }
    if (n < 2 || !fit(texts[0], shapes.price) || !fit(texts[1], shapes.size))
      return failure(Errc::malformed, "a level of plain decimals");
    const TwoCounts counts = counts_of(sixteen_digits(texts[0], shapes.price), sixteen_digits(texts[1], shapes.size));
    sum += counts.first + counts.second;
  }
  return sum;
}

Result<std::int64_t> sum_of_frame(Parser& parser, std::string_view frame) {
  CROSSBOOK_JSON(document, parser.iterate(frame), "a JSON document");
  CROSSBOOK_JSON(outer, document.get_object(), "an object");
  auto data = outer.find_field("data").get_object();
  if (data.error() != simdjson::SUCCESS) return failure(Errc::malformed, "the combined form");
  ondemand::object object = data.value_unsafe();
  CROSSBOOK_JSON(first, object.find_field("U").get_int64(), "U");
  CROSSBOOK_JSON(last, object.find_field("u").get_int64(), "u");
  CROSSBOOK_JSON(bids, object.find_field("b").get_array(), "b");
  CROSSBOOK_TRY(bid_sum, sum_of_levels(bids));
  CROSSBOOK_JSON(asks, object.find_field("a").get_array(), "a");
  CROSSBOOK_TRY(ask_sum, sum_of_levels(asks));
  return first + last + bid_sum + ask_sum;
}

}  // namespace

Floor::Floor() : parser_(std::make_unique<Parser>()) {}
Floor::~Floor() = default;

std::int64_t Floor::extract(std::string_view padded_frame) {
  const auto sum = sum_of_frame(*parser_, padded_frame);
  return sum ? *sum : -1;
}

}  // namespace crossbook::venue
