// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/inflate.hpp"

#include <zlib.h>

#include <array>

#include "crossbook/core/input.hpp"

namespace crossbook::venue {
namespace {

// zlib's state of one call. A member that is inflated in one step needs no window: 7 KiB in zlib 1.2.13, under 50 KiB
// in its faster relatives.
class Arena {
 public:
  static void* take(void* self, unsigned count, unsigned size) {
    Arena& arena = *static_cast<Arena*>(self);
    const std::size_t wanted = (std::size_t{count} * size + 63) / 64 * 64;
    if (wanted > arena.bytes_.size() - arena.used_) return nullptr;
    void* const taken = arena.bytes_.data() + arena.used_;
    arena.used_ += wanted;
    return taken;
  }
  static void give_back(void*, void*) {}

 private:
  alignas(64) std::array<std::byte, std::size_t{64} * 1024> bytes_;  // on the stack of the call, not cleared
  std::size_t used_ = 0;
};

// The last four bytes of a member say how long its text is.
std::size_t announced_size(std::string_view bytes) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i)
    size |= std::size_t{static_cast<unsigned char>(bytes[bytes.size() - 4 + i])} << (8 * i);
  return size;
}

}  // namespace

Result<std::string_view> inflate_frame(std::string_view bytes, std::vector<char>& buffer) {
  if (bytes.size() < 18) return failure(Errc::malformed, "a whole gzip member");
  const std::size_t size = announced_size(bytes);
  if (size > inflated_bytes_max) return failure(Errc::malformed, "a gzip member of at most 4 MiB of text");
  if (buffer.size() < size + frame_padding) buffer.resize(size + frame_padding);

  Arena arena;
  z_stream stream{};
  stream.zalloc = Arena::take;
  stream.zfree = Arena::give_back;
  stream.opaque = &arena;
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
  stream.avail_out = static_cast<uInt>(size);
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2_(&stream, gzip_only, ZLIB_VERSION, static_cast<int>(sizeof stream)) != Z_OK)
    return failure(Errc::malformed, "a gzip member that zlib can hold");
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (result != Z_STREAM_END || stream.avail_in != 0 || stream.total_out != size)
    return failure(Errc::malformed, "one whole gzip member");
  return std::string_view(buffer.data(), size);
}

}  // namespace crossbook::venue
