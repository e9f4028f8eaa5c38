#pragma once

#include "truckee/base/bytes.hpp"

#include <memory>

namespace truckee {

/// Memory to be filled and then shared; not initialised. `align_at` bytes into it, an address is a multiple
/// of 64, so that a share's data region can be aligned whatever its header's length.
class buffer {
public:
  static constexpr std::size_t alignment = 64;

  buffer() = default;
  explicit buffer(std::size_t size, std::size_t align_at = 0);

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  mutable_byte_view view() { return {data_, size_}; }
  byte_view view() const { return {data_, size_}; }

private:
  friend class shared_bytes;
  friend class buffer_pool;
  std::shared_ptr<std::byte> owner_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// An immutable run of bytes with shared ownership. Copying it copies no byte; a slice keeps the whole alive.
class shared_bytes {
public:
  shared_bytes() = default;
  /// Takes the buffer's memory over; nobody may write to it any more.
  shared_bytes(buffer&& from) // NOLINT(google-explicit-constructor): a filled buffer is a value
    : owner_(std::move(from.owner_)), data_(from.data_), size_(from.size_) {}
  explicit shared_bytes(bytes&& from);
  explicit shared_bytes(std::string&& from);

  static shared_bytes copy_of(byte_view from);
  static shared_bytes copy_of(std::string_view from) { return copy_of(as_bytes(from)); }
  /// Refers to memory that outlives every copy (a memory-mapped file, say) by keeping `owner` alive.
  static shared_bytes from_owner(std::shared_ptr<const void> owner, byte_view view);

  byte_view view() const { return {data_, size_}; }
  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// The bytes from `offset`, at most `length`; cut at the end.
  shared_bytes slice(std::size_t offset, std::size_t length) const;

  friend bool operator==(const shared_bytes& a, const shared_bytes& b) { return equal(a.view(), b.view()); }

private:
  std::shared_ptr<const void> owner_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace truckee
