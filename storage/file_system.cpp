#include "truckee/storage/file_system.hpp"

#include <cerrno>
#include <system_error>

namespace truckee::storage {

tl::unexpected<io_failure> io_fail(int code, const char* what, const std::filesystem::path& path) {
  return tl::unexpected(io_failure{code, std::string("cannot ") + what + " " + path.string() + ": " +
                                             std::generic_category().message(code)});
}

bool is_full(const io_failure& why) {
  return why.code == ENOSPC || why.code == EDQUOT;
}

bool unchanged(const file_stamp& then, const file_stamp& now) {
  return then.kind == now.kind && then.device == now.device && then.inode == now.inode &&
         then.size == now.size && then.modified == now.modified &&
         (then.kind == entry_kind::file || then.changed == now.changed);
}

std::shared_ptr<const void> file_system::hold(const std::filesystem::path&) {
  return nullptr;
}

synced file_system::sync_together(const std::filesystem::path&, std::span<const sync_wish> wishes) {
  synced out;
  out.calls = wishes.size();
  for (const auto& wish : wishes)
    if (wish.file != nullptr)
      wish.file->begin_sync();
  for (const auto& wish : wishes)
    out.results.push_back(wish.file != nullptr ? wish.file->sync() : sync_directory(wish.directory));
  return out;
}

io_result<shared_bytes> readable_file::read(std::uint64_t offset, std::uint64_t length) const {
  buffer out(static_cast<std::size_t>(length));
  if (auto done = read_at(offset, out.view()); !done)
    return tl::unexpected(done.error());
  return shared_bytes(std::move(out));
}

} // namespace truckee::storage
