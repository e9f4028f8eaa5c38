#pragma once

#include "truckee/storage/disk_backend.hpp"

#include <optional>

namespace truckee::storage {

/// A share to be, as a file in the aside folder that a change makes a share's. Its pieces are with the disk before they are
/// acknowledged, so that it is open only while one is written.
class disk_backend::file_aside final : public staged_file {
public:
  static io_result<std::shared_ptr<staged_file>> make(disk_backend& store, path name);

  file_aside(disk_backend& store, path name) : store_(store), name_(std::move(name)) {}
  ~file_aside() override;

  const path& name() const { return name_; }
  /// To write the rest of a share into it.
  io_result<std::unique_ptr<writable_file>> go_on();
  /// It is worth nothing any more; go_on() says why.
  void spoil(const io_failure& why) { spoilt_ = why; }

protected:
  io_result<void> put(std::uint64_t offset, byte_view data) override;

private:
  io_result<void> write_and_close(std::uint64_t offset, byte_view data);

  disk_backend& store_;
  const path name_;
  std::optional<io_failure> spoilt_;
};

} // namespace truckee::storage
