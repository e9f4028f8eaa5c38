#include "truckee/storage/file_image.hpp"

#include <algorithm>

namespace truckee::storage {

namespace {

constexpr std::size_t chunk_size = std::size_t{256} << 10;

/// Gathers small pieces, so that many small writes do not become as many system calls.
class gathering_sink {
public:
  /// `total`: how many bytes will come.
  gathering_sink(const byte_sink& sink, std::uint64_t total) : sink_(sink) {
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
    if (data.size() > small)
      return sink_(data);
    pending_.assign(data.begin(), data.end());
    return {};
  }

  io_result<void> flush() {
    if (pending_.empty())
      return {};
    auto done = sink_(pending_);
    wipe(pending_);
    pending_.clear();
    return done;
  }

private:
  static constexpr std::size_t small = std::size_t{64} << 10;
  const byte_sink& sink_;
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

io_result<void> write_image(const file_image& image, const readable_file* old_file, const byte_sink& sink) {
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
    }
    if (!done)
      return done;
  }
  return out.flush();
}

} // namespace truckee::storage
