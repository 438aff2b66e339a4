// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace crossbook::sys {
namespace {

std::unexpected<std::string> refused(const std::string& name, std::string_view what, int error) {
  return fault(fmt::format("{}: {}: {}", name, what, std::generic_category().message(error)));
}

// Owns a file descriptor. -1 owns nothing.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

class HeldFile final : public FileLock {
 public:
  explicit HeldFile(int fd) : fd_(fd) {}

 private:
  Descriptor fd_;
};

class FileSource final : public Source {
 public:
  FileSource(std::string name, int fd, std::uint64_t size) : name_(std::move(name)), fd_(fd), size_(size) {}

  Outcome<std::size_t> read(std::span<char> into) override {
    for (;;) {
      const ssize_t n = ::read(fd_.get(), into.data(), into.size());
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) return refused(name_, "cannot be read", errno);
    }
  }
  const std::string& name() const override { return name_; }
  std::uint64_t size() const override { return size_; }

 private:
  std::string name_;
  Descriptor fd_;
  std::uint64_t size_;
};

class FileSink final : public Sink {
 public:
  FileSink(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}

  Status write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
      if (n >= 0) bytes.remove_prefix(static_cast<std::size_t>(n));
      else if (errno != EINTR) return refused(name_, "cannot be written", errno);
    }
    return {};
  }

  // A pipe or a terminal cannot be synced (EINVAL, EROFS): what was written is as safe as it can be.
  Status sync() override {
    if (::fsync(fd_.get()) == 0 || errno == EINVAL || errno == EROFS) return {};
    return refused(name_, "cannot be synced", errno);
  }

  Status close() override {
    Status synced = sync();
    const int fd = fd_.release();
    if (!synced) {
      if (fd >= 0) ::close(fd);
      return synced;
    }
    if (::close(fd) != 0) return refused(name_, "cannot be closed", errno);
    return {};
  }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  Descriptor fd_;
};

class MemorySource final : public Source {
 public:
  MemorySource(std::string name, std::string_view bytes) : name_(std::move(name)), rest_(bytes), size_(bytes.size()) {}

  Outcome<std::size_t> read(std::span<char> into) override {
    const std::size_t n = rest_.copy(into.data(), into.size());
    rest_.remove_prefix(n);
    return n;
  }
  const std::string& name() const override { return name_; }
  std::uint64_t size() const override { return size_; }

 private:
  std::string name_;
  std::string_view rest_;
  std::uint64_t size_;
};

class MemorySink final : public Sink {
 public:
  MemorySink(std::string name, std::string& into, std::size_t room)
      : name_(std::move(name)), into_(into), room_(room) {}

  Status write(std::string_view bytes) override {
    if (closed_) return refused(name_, "cannot be written", EBADF);
    const std::size_t room_left = room_ - std::min(room_, into_.size());
    into_.append(bytes.substr(0, room_left));
    if (bytes.size() > room_left) return refused(name_, "cannot be written", ENOSPC);
    return {};
  }
  Status sync() override { return {}; }
  Status close() override {
    if (std::exchange(closed_, true)) return refused(name_, "cannot be closed", EBADF);
    return {};
  }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  std::string& into_;
  std::size_t room_;
  bool closed_ = false;
};

}  // namespace

Outcome<std::unique_ptr<Source>> open_file(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return refused(path, "cannot be opened", errno);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return refused(path, "cannot be opened", errno);
  if (S_ISDIR(status.st_mode)) return refused(path, "cannot be opened", EISDIR);
  const auto size = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  return std::make_unique<FileSource>(path, fd.release(), size);
}

Outcome<std::unique_ptr<Sink>> create_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return refused(path, "cannot be made", errno);
  return std::make_unique<FileSink>(path, fd);
}

Outcome<std::unique_ptr<FileLock>> lock_file(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (fd.get() < 0) return refused(path, "cannot be made", errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::unique_ptr<FileLock>();
    return refused(path, "cannot be locked", errno);
  }
  return std::make_unique<HeldFile>(fd.release());
}

Outcome<std::string> read_file(const std::string& path) {
  auto source = open_file(path);
  if (!source) return fault(source.error());
  std::string text;
  std::array<char, 65536> chunk;
  for (;;) {
    const auto n = (*source)->read(chunk);
    if (!n) return fault(n.error());
    if (*n == 0) return text;
    text.append(chunk.data(), *n);
  }
}

std::unique_ptr<Source> memory_source(std::string name, std::string_view bytes) {
  return std::make_unique<MemorySource>(std::move(name), bytes);
}

std::unique_ptr<Sink> memory_sink(std::string name, std::string& into, std::size_t room) {
  return std::make_unique<MemorySink>(std::move(name), into, room);
}

}  // namespace crossbook::sys
