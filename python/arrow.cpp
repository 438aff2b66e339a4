// SPDX-License-Identifier: Apache-2.0
#include "arrow.hpp"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace crossbook::python {
namespace {

constexpr std::int64_t nullable = 2;  // ARROW_FLAG_NULLABLE

const char* format_of(Kind kind) {
  switch (kind) {
    case Kind::time: return "tsn:UTC";
    case Kind::duration: return "tDn";
    case Kind::real: return "g";
    case Kind::integer: return "l";
    case Kind::truth: return "b";
    case Kind::small: return "C";
    case Kind::name: return "i";
  }
  return "n";
}

// What a schema or an array owns; it goes when `release` is called.
struct SchemaParts {
  std::string name;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> pointers;
  ArrowSchema dictionary{};
};
struct ArrayParts {
  std::vector<std::uint8_t> valid;  // a bit a row
  std::vector<std::byte> values;
  std::vector<std::int32_t> offsets;  // of texts
  std::vector<const void*> buffers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> pointers;
  ArrowArray dictionary{};
};

template <class Struct>
void release_part(Struct& part) {
  if (part.release != nullptr) part.release(&part);
}

void release_schema(ArrowSchema* schema) {
  const std::unique_ptr<SchemaParts> parts(static_cast<SchemaParts*>(schema->private_data));
  for (ArrowSchema& child : parts->children) release_part(child);
  release_part(parts->dictionary);
  schema->release = nullptr;
}

void release_array(ArrowArray* array) {
  const std::unique_ptr<ArrayParts> parts(static_cast<ArrayParts*>(array->private_data));
  for (ArrowArray& child : parts->children) release_part(child);
  release_part(parts->dictionary);
  array->release = nullptr;
}

void make_schema(ArrowSchema& out, const char* format, std::string name, std::unique_ptr<SchemaParts> parts) {
  parts->name = std::move(name);
  out = {.format = format,
         .name = parts->name.c_str(),
         .metadata = nullptr,
         .flags = nullable,
         .n_children = 0,
         .children = nullptr,
         .dictionary = nullptr,
         .release = release_schema,
         .private_data = nullptr};
  for (ArrowSchema& child : parts->children) parts->pointers.push_back(&child);
  out.n_children = static_cast<std::int64_t>(parts->children.size());
  out.children = parts->pointers.data();
  if (parts->dictionary.release != nullptr) out.dictionary = &parts->dictionary;
  out.private_data = parts.release();
}

void make_array(ArrowArray& out, std::size_t length, std::size_t nulls, std::unique_ptr<ArrayParts> parts) {
  for (ArrowArray& child : parts->children) parts->pointers.push_back(&child);
  out = {.length = static_cast<std::int64_t>(length),
         .null_count = static_cast<std::int64_t>(nulls),
         .offset = 0,
         .n_buffers = static_cast<std::int64_t>(parts->buffers.size()),
         .n_children = static_cast<std::int64_t>(parts->children.size()),
         .buffers = parts->buffers.data(),
         .children = parts->pointers.data(),
         .dictionary = nullptr,
         .release = release_array,
         .private_data = nullptr};
  if (parts->dictionary.release != nullptr) out.dictionary = &parts->dictionary;
  out.private_data = parts.release();
}

// -- columns ---------------------------------------------------------------------------------------------------------

template <class T>
T read(const std::byte* row, const Field& field) {
  T value;
  std::memcpy(&value, row + field.offset, sizeof value);
  return value;
}

bool is_none(const std::byte* row, const Field& field) {
  switch (field.kind) {
    case Kind::time:
    case Kind::duration: return read<std::int64_t>(row, field) == std::numeric_limits<std::int64_t>::min();
    case Kind::real: return std::isnan(read<double>(row, field));
    case Kind::name: return read<std::int32_t>(row, field) < 0;
    default: return false;
  }
}

std::size_t bytes_of(Kind kind) {
  switch (kind) {
    case Kind::name: return 4;
    case Kind::small: return 1;
    case Kind::truth: return 0;  // a bit
    default: return 8;
  }
}

void set_bit(std::uint8_t* bits, std::size_t i) { bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | 1U << i % 8); }

void make_texts(ArrowArray& out, const std::vector<std::string>& texts) {
  auto parts = std::make_unique<ArrayParts>();
  parts->offsets.push_back(0);
  for (const std::string& text : texts) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(text.data());
    parts->values.insert(parts->values.end(), bytes, bytes + text.size());
    parts->offsets.push_back(static_cast<std::int32_t>(parts->values.size()));
  }
  parts->values.reserve(1);  // no null pointer where all texts are empty
  parts->buffers = {nullptr, parts->offsets.data(), parts->values.data()};
  make_array(out, texts.size(), 0, std::move(parts));
}

void make_column(ArrowArray& out, const Table& table, const Field& field) {
  const std::size_t rows = table.rows();
  const std::size_t width = bytes_of(field.kind);
  auto parts = std::make_unique<ArrayParts>();
  parts->valid.assign((rows + 7) / 8 + 1, 0);
  parts->values.assign(width == 0 ? rows / 8 + 1 : rows * width + 1, std::byte{0});
  std::size_t nulls = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::byte* const row = table.data() + i * table.row_bytes();
    if (width != 0) std::memcpy(parts->values.data() + i * width, row + field.offset, width);
    if (width == 0 && read<std::uint8_t>(row, field) != 0)
      set_bit(reinterpret_cast<std::uint8_t*>(parts->values.data()), i);
    if (is_none(row, field)) {
      ++nulls;
    } else {
      set_bit(parts->valid.data(), i);
    }
  }
  parts->buffers = {nulls == 0 ? nullptr : parts->valid.data(), parts->values.data()};
  if (field.kind == Kind::name) make_texts(parts->dictionary, table.names(field));
  make_array(out, rows, nulls, std::move(parts));
}

// -- the stream ------------------------------------------------------------------------------------------------------

struct StreamParts {
  std::shared_ptr<const Table> table;
  bool given = false;
};

StreamParts& parts_of(ArrowArrayStream* stream) { return *static_cast<StreamParts*>(stream->private_data); }

int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  try {
    const Table& table = *parts_of(stream).table;
    auto parts = std::make_unique<SchemaParts>();
    parts->children.resize(table.fields().size());
    for (std::size_t i = 0; i < table.fields().size(); ++i) {
      const Field& field = table.fields()[i];
      auto own = std::make_unique<SchemaParts>();
      if (field.kind == Kind::name) make_schema(own->dictionary, "u", "", std::make_unique<SchemaParts>());
      make_schema(parts->children[i], format_of(field.kind), field.name, std::move(own));
    }
    make_schema(*out, "+s", "", std::move(parts));
    out->flags = 0;
    return 0;
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

int get_next(ArrowArrayStream* stream, ArrowArray* out) {
  try {
    StreamParts& stream_parts = parts_of(stream);
    *out = {};
    if (stream_parts.given) return 0;  // a released array is the end
    const Table& table = *stream_parts.table;
    auto parts = std::make_unique<ArrayParts>();
    parts->children.resize(table.fields().size());
    for (std::size_t i = 0; i < table.fields().size(); ++i) make_column(parts->children[i], table, table.fields()[i]);
    parts->buffers = {nullptr};
    make_array(*out, table.rows(), 0, std::move(parts));
    stream_parts.given = true;
    return 0;
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

void release_stream(ArrowArrayStream* stream) {
  delete static_cast<StreamParts*>(stream->private_data);
  stream->release = nullptr;
}

}  // namespace

std::unique_ptr<ArrowArrayStream> arrow_stream(std::shared_ptr<const Table> table) {
  auto parts = std::make_unique<StreamParts>(StreamParts{std::move(table)});
  auto stream = std::make_unique<ArrowArrayStream>(ArrowArrayStream{
      get_schema, get_next, [](ArrowArrayStream*) -> const char* { return nullptr; }, release_stream, nullptr});
  stream->private_data = parts.release();
  return stream;
}

}  // namespace crossbook::python
