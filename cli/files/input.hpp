#pragma once

#include "truckee/base/result.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace truckee::cli {

/// What errno says, for people.
std::string system_reason();

/// A file that is read, or standard input for "-".
class input {
public:
  /// Errors: not_found, usage (a folder), io, with the name and what to do.
  static result<input> open(const std::string& file);
  ~input();
  input(input&& other) noexcept;
  input& operator=(input&&) = delete;

  /// For people.
  const std::string& name() const { return name_; }
  /// Where a regular file is read from.
  std::uint64_t begin() const { return begin_; }
  /// Bytes from there on; nothing for a pipe or a device, of which nobody knows.
  std::optional<std::uint64_t> left() const { return left_; }
  /// Up to as many bytes as fit, fewer at the end. errc::io.
  result<std::size_t> read_some(std::span<std::byte> into) const;
  /// The descriptor, for whoever reads it longer; standard input as another one.
  int release();

private:
  input(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  int fd_;
  std::string name_;
  std::uint64_t begin_ = 0;
  std::optional<std::uint64_t> left_;
};

} // namespace truckee::cli
