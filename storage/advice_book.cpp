#include "truckee/storage/advice_book.hpp"

#include "truckee/base/private_file.hpp"
#include "truckee/crypto/base32.hpp"

#include <array>
#include <ctime>
#include <system_error>

namespace truckee::storage {

namespace {

/// "20261126T174022Z": sorts by time.
std::string stamp_of(std::chrono::seconds unix_time) {
  const auto when = static_cast<std::time_t>(unix_time.count());
  std::tm parts{};
  ::gmtime_r(&when, &parts);
  std::array<char, 32> out{};
  return {out.data(), std::strftime(out.data(), out.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

} // namespace

result<void> advice_book::keep(const storage_index& slot, share_number share, std::string_view reason,
                               std::chrono::seconds unix_time) {
  const auto name = crypto::to_base32(slot.view()) + "-" + std::to_string(share.value);
  const auto stamp = stamp_of(unix_time);
  std::string text = "share: " + name + "\ntime: " + stamp + "\nreason:\n";
  text.append(reason).append("\n");

  const std::lock_guard lock(mutex_);
  if (auto made = make_private_folder(folder_); !made)
    return made;
  if (!files_) {
    std::error_code failed;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator at(folder_, failed), end; !failed && at != end;
         at.increment(failed))
      ++count;
    if (failed)
      return fail(errc::io, folder_.string() + ": cannot be listed: " + failed.message());
    files_ = count;
  }
  if (*files_ >= files_max)
    return fail(errc::too_large, folder_.string() + " has " + std::to_string(*files_) +
                                     " advices, and takes no more; read them and remove them");
  auto written = write_private_file(folder_ / (stamp + "-" + name), as_bytes(text), existing_file::refuse);
  if (written)
    ++*files_;
  else if (written.error().code == errc::refused) // somebody said so in this second
    return {};
  return written;
}

} // namespace truckee::storage
