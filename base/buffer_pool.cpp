#include "truckee/base/buffer_pool.hpp"

#include <map>
#include <mutex>
#include <new>

namespace truckee {

namespace {

struct aligned_delete {
  void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{buffer::alignment}); }
};
using memory = std::unique_ptr<std::byte, aligned_delete>;

/// Sizes are rounded up to pages, so that versions of nearly one size find each other's memory.
constexpr std::size_t page = 4096;

constexpr std::size_t whole_pages(std::size_t size) {
  return (size + page - 1) / page * page;
}

memory allocate(std::size_t capacity) {
  return memory(static_cast<std::byte*>(::operator new (capacity, std::align_val_t{buffer::alignment})));
}

} // namespace

struct buffer_pool::state {
  std::size_t kept_bytes_max = 0;
  std::mutex mutex;
  std::multimap<std::size_t, memory> idle; // by capacity
  std::size_t kept_bytes = 0;

  /// Idle memory of at least that capacity, and less than a quarter above it.
  std::pair<std::size_t, memory> find(std::size_t capacity) {
    const std::lock_guard lock(mutex);
    const auto found = idle.lower_bound(capacity);
    if (found == idle.end() || found->first - capacity > capacity / 4)
      return {0, nullptr};
    std::pair<std::size_t, memory> out(found->first, std::move(found->second));
    idle.erase(found);
    kept_bytes -= out.first;
    return out;
  }

  /// Keeps the memory or, at the limit, frees it. Never throws: it runs in destructors.
  void give_back(std::size_t capacity, memory block) noexcept {
    const std::lock_guard lock(mutex);
    if (kept_bytes + capacity > kept_bytes_max)
      return;
    try {
      idle.emplace(capacity, std::move(block));
      kept_bytes += capacity;
    } catch (const std::bad_alloc&) { // no room for the note: the memory itself is freed
    }
  }
};

buffer_pool::buffer_pool(std::size_t kept_bytes_max) : state_(std::make_shared<state>()) {
  state_->kept_bytes_max = kept_bytes_max;
}

buffer buffer_pool::take(std::size_t size, std::size_t align_at) {
  if (size == 0)
    return {};
  const auto lead = (buffer::alignment - align_at % buffer::alignment) % buffer::alignment;
  // Looked for as it was allocated: by bytes, nothing smaller than four pages would ever be found again.
  const auto wanted = whole_pages(lead + size);
  auto [capacity, block] = state_->find(wanted);
  if (!block) {
    capacity = wanted;
    block = allocate(capacity);
  }
  buffer out;
  out.data_ = block.get() + lead;
  out.size_ = size;
  out.owner_ = std::shared_ptr<std::byte>(
      block.get(), [pool = state_, room = capacity](std::byte* p) { pool->give_back(room, memory(p)); });
  static_cast<void>(block.release());
  return out;
}

std::size_t buffer_pool::kept_bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->kept_bytes;
}

} // namespace truckee
