#include "truckee/base/shared_bytes.hpp"

#include <algorithm>
#include <new>

namespace truckee {

buffer::buffer(std::size_t size, std::size_t align_at) : size_(size) {
  if (size == 0)
    return;
  // Room before the first byte, so that the address `align_at` bytes in is aligned.
  const std::size_t lead = (alignment - align_at % alignment) % alignment;
  auto* raw = static_cast<std::byte*>(::operator new (lead + size, std::align_val_t{alignment}));
  owner_ = std::shared_ptr<std::byte>(
      raw, [](std::byte* p) { ::operator delete (p, std::align_val_t{alignment}); });
  data_ = raw + lead;
}

shared_bytes::shared_bytes(bytes&& from) {
  auto owner = std::make_shared<const bytes>(std::move(from));
  data_ = owner->data();
  size_ = owner->size();
  owner_ = std::move(owner);
}

shared_bytes::shared_bytes(std::string&& from) {
  auto owner = std::make_shared<const std::string>(std::move(from));
  data_ = reinterpret_cast<const std::byte*>(owner->data());
  size_ = owner->size();
  owner_ = std::move(owner);
}

shared_bytes shared_bytes::copy_of(byte_view from) {
  buffer copy(from.size());
  std::copy(from.begin(), from.end(), copy.data());
  return shared_bytes(std::move(copy));
}

shared_bytes shared_bytes::from_owner(std::shared_ptr<const void> owner, byte_view view) {
  shared_bytes out;
  out.owner_ = std::move(owner);
  out.data_ = view.data();
  out.size_ = view.size();
  return out;
}

shared_bytes shared_bytes::slice(std::size_t offset, std::size_t length) const {
  shared_bytes out;
  if (offset >= size_)
    return out;
  out.owner_ = owner_;
  out.data_ = data_ + offset;
  out.size_ = std::min(length, size_ - offset);
  return out;
}

} // namespace truckee
