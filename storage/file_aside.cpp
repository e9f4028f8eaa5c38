#include "truckee/storage/file_aside.hpp"

namespace truckee::storage {

io_result<std::shared_ptr<staged_file>> disk_backend::file_aside::make(disk_backend& store, path name) {
  auto file = store.files_.create(name);
  if (!file)
    return tl::unexpected(file.error());
  std::shared_ptr<staged_file> out = std::make_shared<file_aside>(store, std::move(name));
  if (auto done = (*file)->close(); !done)
    return tl::unexpected(done.error());
  return out;
}

disk_backend::file_aside::~file_aside() {
  (void)store_.files_.remove_file(name_); // what stays is removed when the store is opened next
}

io_result<std::unique_ptr<writable_file>> disk_backend::file_aside::go_on() {
  if (spoilt_)
    return tl::unexpected(*spoilt_);
  return store_.files_.go_on(name_);
}

io_result<void> disk_backend::file_aside::put(std::uint64_t offset, byte_view data) {
  if (auto there = store_.in_place(); !there)
    return there;
  auto done = write_and_close(offset, data);
  if (!done && !spoilt_ && is_full(done.error()) && store_.spares_.clear())
    done = write_and_close(offset, data);
  return done;
}

/// Whoever opens it again is not told any more what became of this piece.
io_result<void> disk_backend::file_aside::write_and_close(std::uint64_t offset, byte_view data) {
  auto file = go_on();
  if (!file)
    return tl::unexpected(file.error());
  if (auto done = (*file)->write_at(offset, data); !done)
    return done;
  auto done = store_.full_ ? (*file)->write_out(offset, data.size()) : io_result<void>{};
  if (done)
    done = (*file)->close();
  if (!done)
    spoil(done.error());
  return done;
}

} // namespace truckee::storage
