// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/decoder.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>

#include "crossbook/core/check.hpp"

namespace crossbook::capture {
namespace {

class Plain final : public Decoder {
 public:
  sys::Outcome<std::size_t> decode(std::string_view& input, std::span<char> output) override {
    const std::size_t n = input.copy(output.data(), output.size());
    input.remove_prefix(n);
    return n;
  }
  bool whole() const override { return true; }
};

// RFC 1952. zlib counts in 32 bits, so at most that much is handed to it at once.
class Gzip final : public Decoder {
 public:
  Gzip() { CROSSBOOK_ASSERT(inflateInit2(&stream_, 15 + 16) == Z_OK); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() override { inflateEnd(&stream_); }

  sys::Outcome<std::size_t> decode(std::string_view& input, std::span<char> output) override {
    if (whole_ && input.empty()) return std::size_t{0};
    if (whole_ && started_) inflateReset(&stream_);
    started_ = true;
    whole_ = false;
    const auto available = static_cast<uInt>(std::min<std::size_t>(input.size(), std::numeric_limits<uInt>::max()));
    const auto room = static_cast<uInt>(std::min<std::size_t>(output.size(), std::numeric_limits<uInt>::max()));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = available;
    stream_.next_out = reinterpret_cast<Bytef*>(output.data());
    stream_.avail_out = room;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    input.remove_prefix(available - stream_.avail_in);
    whole_ = code == Z_STREAM_END;
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      return sys::fault(std::string("the gzip data is damaged: ") +
                        (stream_.msg != nullptr ? stream_.msg : zError(code)));
    return static_cast<std::size_t>(room - stream_.avail_out);
  }
  bool whole() const override { return whole_; }

 private:
  z_stream stream_{};
  bool started_ = false;
  bool whole_ = true;  // between members
};

// RFC 8878. The library bounds a frame's window, and so the memory, at 128 MiB.
class Zstd final : public Decoder {
 public:
  Zstd() { CROSSBOOK_ASSERT(stream_ != nullptr); }

  sys::Outcome<std::size_t> decode(std::string_view& input, std::span<char> output) override {
    if (whole_ && input.empty()) return std::size_t{0};
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{output.data(), output.size(), 0};
    const std::size_t wanted = ZSTD_decompressStream(stream_.get(), &out, &in);
    input.remove_prefix(in.pos);
    if (ZSTD_isError(wanted)) return sys::fault(std::string("the zstd data is damaged: ") + ZSTD_getErrorName(wanted));
    whole_ = wanted == 0;
    return out.pos;
  }
  bool whole() const override { return whole_; }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_{ZSTD_createDStream()};
  bool whole_ = true;  // between frames
};

constexpr std::size_t magic_bytes = 4;
constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

// A zstd file may open with a skippable frame, whose last magic byte has sixteen values.
bool is_zstd(std::string_view bytes) {
  if (bytes.starts_with("\x28\xB5\x2F\xFD")) return true;
  return bytes.size() >= 4 && (static_cast<unsigned char>(bytes[0]) & 0xF0) == 0x50 &&
         bytes.substr(1, 3) == "\x2A\x4D\x18";
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(std::string_view first_bytes) {
  if (first_bytes.starts_with("\x1F\x8B")) return std::make_unique<Gzip>();
  if (is_zstd(first_bytes)) return std::make_unique<Zstd>();
  return std::make_unique<Plain>();
}

TextStream::TextStream(std::unique_ptr<sys::Source> source) : source_(std::move(source)), chunk_(chunk_bytes) {}

sys::Status TextStream::fetch() {
  const auto n = source_->read(chunk_);
  if (!n) return sys::fault(n.error());
  ended_ = *n == 0;
  fetched_ += *n;
  rest_ = std::string_view(chunk_.data(), *n);
  return {};
}

sys::Status TextStream::detect() {
  std::size_t have = 0;
  while (have < magic_bytes && !ended_) {
    const auto n = source_->read(std::span(chunk_).subspan(have));
    if (!n) return sys::fault(n.error());
    ended_ = *n == 0;
    have += *n;
  }
  fetched_ = have;
  rest_ = std::string_view(chunk_.data(), have);
  decoder_ = make_decoder(rest_);
  return {};
}

sys::Outcome<std::size_t> TextStream::read(std::span<char> into) {
  if (!decoder_) {
    if (auto detected = detect(); !detected) return sys::fault(detected.error());
  }
  for (;;) {
    auto filled = decoder_->decode(rest_, into);
    if (!filled || *filled > 0) return filled;
    if (!rest_.empty()) continue;
    if (ended_ && !decoder_->whole()) return sys::fault("the file ends in the middle of its compressed data");
    if (ended_) return std::size_t{0};
    if (auto fetched = fetch(); !fetched) return sys::fault(fetched.error());
  }
}

}  // namespace crossbook::capture
