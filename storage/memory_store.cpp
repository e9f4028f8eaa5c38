#include "truckee/storage/memory_store.hpp"

#include "truckee/storage/container_store.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>

namespace truckee::storage {

namespace {

using share_files = std::map<share_number, shared_bytes>;

class memory_file final : public readable_file {
public:
  explicit memory_file(shared_bytes content) : content_(std::move(content)) {}
  std::uint64_t size() const override { return content_.size(); }

  io_result<void> read_at(std::uint64_t offset, mutable_byte_view out) const override {
    if (offset > content_.size() || out.size() > content_.size() - offset)
      return io_fail(EIO, "read beyond the end of", "memory");
    const auto from = content_.view().subspan(static_cast<std::size_t>(offset), out.size());
    std::copy(from.begin(), from.end(), out.begin());
    return {};
  }

  io_result<shared_bytes> read(std::uint64_t offset, std::uint64_t length) const override {
    return content_.slice(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
  }

private:
  shared_bytes content_;
};

/// In memory nothing has to be waited for.
class ended_change final : public slot_change {
public:
  explicit ended_change(io_result<void> result) : result_(std::move(result)) {}
  std::span<const sync_wish> wishes() const override { return {}; }
  void next(io_result<void>) override {}
  io_result<void> result() override { return std::move(result_); }

private:
  io_result<void> result_;
};

/// How many bytes are in use, of which pieces that are let go take theirs out.
using byte_count = std::atomic<std::uint64_t>;

/// A share to be, in blocks: what no piece brought takes no memory, and however pieces lie over each other, each byte is held once.
class staged_blocks final : public staged_file {
public:
  explicit staged_blocks(std::shared_ptr<byte_count> used) : used_(std::move(used)) {}
  ~staged_blocks() override { *used_ -= held_; }

  /// Its bytes from the beginning, as far as they go into `out`.
  void copy_to(mutable_byte_view out) const {
    std::ranges::fill(out, std::byte{0});
    for (const auto& [number, block] : blocks_) {
      const auto at = number * block_size;
      if (at >= out.size())
        break;
      const auto length = std::min<std::size_t>(block.size(), out.size() - static_cast<std::size_t>(at));
      std::copy_n(block.begin(), length, out.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }

protected:
  io_result<void> put(std::uint64_t offset, byte_view data) override {
    while (!data.empty()) {
      auto& block = blocks_[offset / block_size];
      const auto from = static_cast<std::size_t>(offset % block_size);
      const auto length = std::min<std::size_t>(data.size(), block_size - from);
      if (const auto end = from + length; end > block.size()) {
        held_ += end - block.size();
        *used_ += end - block.size();
        block.resize(end);
      }
      std::copy_n(data.begin(), length, block.begin() + static_cast<std::ptrdiff_t>(from));
      data = data.subspan(length);
      offset += length;
    }
    return {};
  }

private:
  static constexpr std::uint64_t block_size = std::uint64_t{1} << 20;
  const std::shared_ptr<byte_count> used_;
  std::uint64_t held_ = 0;
  std::map<std::uint64_t, bytes> blocks_; ///< by number
};

class memory_backend final : public slot_backend {
public:
  explicit memory_backend(std::uint64_t capacity) : capacity_(capacity) {}

  io_result<open_slot> open(const storage_index& slot) override {
    const std::lock_guard lock(mutex_);
    open_slot out;
    const auto found = slots_.find(slot);
    if (found == slots_.end())
      return out;
    out.present = true;
    for (const auto& [share, content] : found->second)
      out.shares.emplace(share, open_share{std::make_unique<memory_file>(content)});
    return out;
  }

  io_result<void> apply(const storage_index& slot, const open_slot& old, const slot_plan& plan) override {
    std::map<share_number, shared_bytes> made;
    for (const auto& [share, image] : plan) {
      if (!image)
        continue;
      const auto before = old.shares.find(share);
      const auto* old_file = before == old.shares.end() ? nullptr : before->second->file.get();
      auto content = render(image->image, old_file, image->staged.get());
      if (!content)
        return tl::unexpected(content.error());
      made.emplace(share, std::move(*content));
    }
    const std::lock_guard lock(mutex_);
    auto& files = slots_[slot];
    for (const auto& [share, image] : plan) {
      *used_ -= files[share].size();
      files.erase(share);
    }
    for (auto& [share, content] : made) {
      *used_ += content.size();
      files[share] = std::move(content);
    }
    if (files.empty())
      slots_.erase(slot);
    return {};
  }

  std::unique_ptr<slot_change> begin(const storage_index& slot, const open_slot& old,
                                     const slot_plan& plan) override {
    return std::make_unique<ended_change>(apply(slot, old, plan));
  }

  io_result<void> write_over(const storage_index& slot, share_number share, const open_share& old,
                             const file_patch& patch) override {
    // Readers may still hold the file as it is.
    auto content = render(patched(old.file->size(), patch), old.file.get(), nullptr);
    if (!content)
      return tl::unexpected(content.error());
    const std::lock_guard lock(mutex_);
    slots_[slot][share] = std::move(*content);
    return {};
  }

  io_result<std::vector<storage_index>> slots() override {
    const std::lock_guard lock(mutex_);
    std::vector<storage_index> out;
    for (const auto& [slot, files] : slots_)
      out.push_back(slot);
    return out;
  }

  io_result<std::uint64_t> available_bytes() override {
    return capacity_ - std::min(capacity_, used_->load());
  }

  io_result<std::shared_ptr<staged_file>> stage() override { return std::make_shared<staged_blocks>(used_); }

private:
  static file_image patched(std::uint64_t size, const file_patch& patch) {
    file_image out(size);
    out.put(patch.offset, patch.data);
    return out;
  }

  static io_result<shared_bytes> render(const file_image& image, const readable_file* old_file,
                                        const staged_file* staged) {
    buffer out(static_cast<std::size_t>(image.size()));
    if (staged != nullptr)
      dynamic_cast<const staged_blocks&>(*staged).copy_to(out.view());
    auto done =
        place_image(image, old_file, [&out](std::uint64_t offset, byte_view piece) -> io_result<void> {
          std::copy(piece.begin(), piece.end(), out.data() + offset);
          return {};
        });
    if (!done)
      return tl::unexpected(done.error());
    return shared_bytes(std::move(out));
  }

  const std::uint64_t capacity_;
  std::mutex mutex_;
  std::map<storage_index, share_files> slots_;
  const std::shared_ptr<byte_count> used_ = std::make_shared<byte_count>(0);
};

} // namespace

std::unique_ptr<share_store> make_memory_store(memory_store_options options, unix_clock now) {
  return std::make_unique<container_store>(
      container_store_options{options.id, std::move(options.permutation_seed), options.limits,
                              options.read_only},
      std::move(now), std::make_unique<memory_backend>(options.capacity), 0);
}

} // namespace truckee::storage
