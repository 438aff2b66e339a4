// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/encoder.hpp"

#include <zlib.h>
#include <zstd.h>

#include <array>

#include "crossbook/core/check.hpp"

namespace crossbook::capture {
namespace {

class Plain final : public Encoder {
 public:
  void encode(std::string_view text, Flush, std::string& out) override { out += text; }
};

class Gzip final : public Encoder {
 public:
  Gzip() { CROSSBOOK_ASSERT(deflateInit2(&stream_, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() override { deflateEnd(&stream_); }

  // REQUIRES: less than 4 GiB of text at once, which zlib counts in 32 bits.
  void encode(std::string_view text, Flush flush, std::string& out) override {
    constexpr std::array<int, 3> flushes = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    CROSSBOOK_ASSERT(text.size() <= UINT32_MAX);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    std::array<char, 65536> piece;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = piece.size();
      const int code = deflate(&stream_, flushes[static_cast<std::size_t>(flush)]);
      CROSSBOOK_ASSERT(code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR);
      out.append(piece.data(), piece.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
};

class Zstd final : public Encoder {
 public:
  Zstd() {
    CROSSBOOK_ASSERT(stream_ != nullptr);
    CROSSBOOK_ASSERT(!ZSTD_isError(ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_checksumFlag, 1)));
  }

  void encode(std::string_view text, Flush flush, std::string& out) override {
    constexpr std::array<ZSTD_EndDirective, 3> flushes = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    std::array<char, 65536> piece;
    std::size_t left = 1;
    while (left > 0) {
      ZSTD_outBuffer to{piece.data(), piece.size(), 0};
      left = ZSTD_compressStream2(stream_.get(), &to, &in, flushes[static_cast<std::size_t>(flush)]);
      CROSSBOOK_ASSERT(!ZSTD_isError(left));
      out.append(piece.data(), to.pos);
      if (flush == Flush::none) left = in.size - in.pos;
    }
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* stream) const { ZSTD_freeCCtx(stream); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> stream_{ZSTD_createCCtx()};
};

}  // namespace

std::unique_ptr<Encoder> make_encoder(Compression compression) {
  switch (compression) {
    case Compression::gzip: return std::make_unique<Gzip>();
    case Compression::zstd: return std::make_unique<Zstd>();
    case Compression::none: break;
  }
  return std::make_unique<Plain>();
}

}  // namespace crossbook::capture
