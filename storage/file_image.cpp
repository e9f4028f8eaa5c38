#include "truckee/storage/file_image.hpp"

#include <algorithm>
#include <utility>

namespace truckee::storage {

namespace {

constexpr std::size_t chunk_size = std::size_t{256} << 10;

/// Gathers small pieces, so that many small writes do not become as many system calls.
class gathering_sink {
public:
  /// `total`: how many bytes will come.
  gathering_sink(const placed_sink& sink, std::uint64_t total) : sink_(sink) {
    // Never reallocated: a reallocation would leave an unwiped copy.
    pending_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(small, total)));
  }
  gathering_sink(const gathering_sink&) = delete;
  gathering_sink& operator=(const gathering_sink&) = delete;
  ~gathering_sink() { wipe(pending_); } // container headers hold write enablers

  io_result<void> add(byte_view data) {
    if (pending_.size() + data.size() <= small) {
      pending_.insert(pending_.end(), data.begin(), data.end());
      return {};
    }
    if (auto done = flush(); !done)
      return done;
    if (data.size() > small) {
      const auto at = std::exchange(at_, at_ + data.size());
      return sink_(at, data);
    }
    pending_.assign(data.begin(), data.end());
    return {};
  }

  /// So many bytes are not given.
  io_result<void> skip(std::uint64_t length) {
    auto done = flush();
    at_ += length;
    return done;
  }

  io_result<void> flush() {
    if (pending_.empty())
      return {};
    const auto at = std::exchange(at_, at_ + pending_.size());
    auto done = sink_(at, pending_);
    wipe(pending_);
    pending_.clear();
    return done;
  }

private:
  static constexpr std::size_t small = std::size_t{64} << 10;
  const placed_sink& sink_;
  std::uint64_t at_ = 0; ///< where the pending ones begin
  bytes pending_;
};

io_result<void> add_zeros(gathering_sink& out, std::uint64_t length) {
  const bytes zeros(static_cast<std::size_t>(std::min<std::uint64_t>(length, chunk_size)));
  while (length > 0) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(length, zeros.size()));
    if (auto done = out.add(byte_view(zeros).first(piece)); !done)
      return done;
    length -= piece;
  }
  return {};
}

io_result<void> add_old(gathering_sink& out, const readable_file& old_file, std::uint64_t offset,
                        std::uint64_t length) {
  bytes chunk(static_cast<std::size_t>(std::min<std::uint64_t>(length, chunk_size)));
  while (length > 0) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(length, chunk.size()));
    const auto part = mutable_byte_view(chunk).first(piece);
    if (auto done = old_file.read_at(offset, part); !done)
      return done;
    if (auto done = out.add(part); !done)
      return done;
    offset += piece;
    length -= piece;
  }
  return {};
}

} // namespace

file_image::file_image(std::uint64_t old_size) : size_(old_size) {
  if (old_size > 0)
    runs_.emplace(0, run{run::source::old_file, old_size, 0, {}});
}

file_image file_image::of_staged(std::uint64_t size) {
  file_image out;
  out.place(0, run{run::source::staged, size, 0, {}});
  return out;
}

std::uint64_t file_image::bytes_to_write() const {
  std::uint64_t out = 0;
  for (const auto& [offset, what] : runs_)
    out += what.from == run::source::staged ? 0 : what.length;
  return out;
}

bytes file_image::given(std::uint64_t offset, std::uint64_t length) const {
  const auto next = runs_.upper_bound(offset);
  if (next == runs_.begin())
    return {};
  const auto& [begin, held] = *std::prev(next);
  const auto skipped = offset - begin;
  if (held.from != run::source::given || skipped > held.length || length > held.length - skipped)
    return {};
  return to_bytes(
      held.data.view().subspan(static_cast<std::size_t>(skipped), static_cast<std::size_t>(length)));
}

void file_image::put(std::uint64_t offset, shared_bytes data) {
  const auto length = data.size();
  place(offset, run{run::source::given, length, 0, std::move(data)});
}

void file_image::put_zeros(std::uint64_t offset, std::uint64_t length) {
  place(offset, run{run::source::zeros, length, 0, {}});
}

void file_image::cut(std::uint64_t size) {
  if (size >= size_)
    return;
  split(size);
  runs_.erase(runs_.lower_bound(size), runs_.end());
  size_ = size;
}

/// Makes `offset` the beginning of a run, unless it lies outside.
void file_image::split(std::uint64_t offset) {
  auto next = runs_.upper_bound(offset);
  if (next == runs_.begin())
    return;
  auto& [begin, left] = *std::prev(next);
  const auto head = offset - begin;
  if (head == 0 || head >= left.length)
    return;
  auto right = left;
  right.length -= head;
  if (right.from == run::source::old_file)
    right.old_offset += head;
  if (right.from == run::source::given) {
    right.data = left.data.slice(static_cast<std::size_t>(head), left.data.size());
    left.data = left.data.slice(0, static_cast<std::size_t>(head));
  }
  left.length = head;
  runs_.emplace(offset, std::move(right));
}

void file_image::place(std::uint64_t offset, run what) {
  if (offset > size_) {
    const auto gap = run{run::source::zeros, offset - size_, 0, {}};
    runs_.emplace(size_, gap);
    size_ = offset;
  }
  if (what.length == 0)
    return;
  const auto end = offset + what.length;
  split(offset);
  split(end);
  runs_.erase(runs_.lower_bound(offset), runs_.lower_bound(end));
  runs_.emplace(offset, std::move(what));
  size_ = std::max(size_, end);
}

io_result<void> place_image(const file_image& image, const readable_file* old_file, const placed_sink& sink) {
  gathering_sink out(sink, image.size());
  for (const auto& [offset, run] : image.runs()) {
    io_result<void> done;
    switch (run.from) {
    case file_image::run::source::zeros:
      done = add_zeros(out, run.length);
      break;
    case file_image::run::source::given:
      done = out.add(run.data.view());
      break;
    case file_image::run::source::old_file:
      if (old_file == nullptr)
        return tl::unexpected(io_failure{0, "an image refers to an old file that is not there"});
      done = add_old(out, *old_file, run.old_offset, run.length);
      break;
    case file_image::run::source::staged:
      done = out.skip(run.length);
      break;
    }
    if (!done)
      return done;
  }
  return out.flush();
}

io_result<void> write_image(const file_image& image, const readable_file* old_file, const byte_sink& sink) {
  return place_image(image, old_file, [&sink](std::uint64_t, byte_view piece) { return sink(piece); });
}

} // namespace truckee::storage
