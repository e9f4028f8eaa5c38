#pragma once

#include "test_support.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/storage/disk_store.hpp"
#include "truckee/storage/memory_store.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <unistd.h>

namespace truckee::test {

/// A folder of its own, removed at the end; in memory where the system has that, for a disk adds nothing but
/// time to tests that lose no power.
class temporary_directory {
public:
  temporary_directory() {
    const bool memory = ::access("/dev/shm", W_OK | X_OK) == 0;
    const auto where = memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    auto pattern = (where / "truckee-storage-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("cannot make a temporary directory");
    path_ = pattern;
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// Returns once a file that is written in this folder gets a later time than one written before: some kernels count time
/// in steps of a few milliseconds.
inline void pass_a_tick(const std::filesystem::path& folder) {
  const auto time_of_new = [&] {
    const auto scratch = folder / "tick";
    std::ofstream(scratch) << "x";
    const auto out = storage::posix_file_system().stamp(scratch).value().modified;
    std::filesystem::remove(scratch);
    return out;
  };
  const auto begin = time_of_new();
  while (time_of_new() == begin) {
  }
}

template <class T>
T filled(int value) {
  return *T::from(bytes(T::size, static_cast<std::byte>(value)));
}

inline server_secret secret(const std::string& text) {
  return *server_secret::from(hex(text));
}

inline grid::slot_secrets secrets_of(int enabler, int renew = 2, int cancel = 3) {
  return {filled<server_secret>(enabler), filled<server_secret>(renew), filled<server_secret>(cancel)};
}

inline shared_bytes text(std::string_view content) {
  return shared_bytes::copy_of(content);
}

/// One share's change, said shortly.
inline grid::share_change write_share(int share, std::uint64_t offset, std::string_view data) {
  grid::share_change out;
  out.share = {static_cast<std::uint8_t>(share)};
  out.writes.push_back({offset, text(data)});
  return out;
}

inline grid::share_change delete_share(int share) {
  grid::share_change out;
  out.share = {static_cast<std::uint8_t>(share)};
  out.new_length = 0;
  return out;
}

/// A piece of a share to be, said shortly.
inline grid::stage_piece piece(const storage_index& slot, int share, std::uint64_t offset,
                               std::string_view data, int staging = 1) {
  return {slot, {static_cast<std::uint8_t>(share)}, filled<staging_id>(staging), {offset, text(data)}};
}

inline grid::stage_piece let_go(const storage_index& slot, int share, int staging = 1) {
  auto out = piece(slot, share, 0, "", staging);
  out.let_go = true;
  return out;
}

/// The share becomes what was staged.
inline grid::share_change of_staged(int share, int staging = 1) {
  grid::share_change out;
  out.share = {static_cast<std::uint8_t>(share)};
  out.staged = filled<staging_id>(staging);
  return out;
}

inline grid::read_test_write request(const storage_index& slot, std::vector<grid::share_change> changes,
                                     int enabler = 1) {
  return {slot, secrets_of(enabler), std::move(changes), {}};
}

inline std::filesystem::path share_path(const std::filesystem::path& store, const storage_index& slot,
                                        int share) {
  const auto name = crypto::to_base32(slot.view());
  return store / "shares" / name.substr(0, 2) / name / std::to_string(share);
}

inline std::map<int, std::string> contents(storage::share_store& store, const storage_index& slot) {
  std::map<int, std::string> out;
  const auto answer = store.read({slot, {}, {{0, ~std::uint64_t{0}}}});
  EXPECT_EQ(answer.status, grid::storage_status::ok) << answer.detail;
  for (const auto& [share, reads] : answer.reads)
    out[share.value] = std::string(as_text(reads.at(0).view()));
  for (const auto& [share, why] : answer.damaged)
    out[share.value] = "damaged: " + why;
  return out;
}

inline constexpr std::uint64_t test_time = 1'700'000'000;

/// One store of each kind, to run the same test on both.
struct store_pair {
  temporary_directory folder;
  std::uint64_t now = test_time;
  server_id id = *server_id::from(hex("33c1d680dc8edd762083580e744db4067046e67f"));
  seeded_random random{1};

  std::unique_ptr<storage::share_store> make(bool disk, storage::store_limits limits = {},
                                             std::uint64_t capacity = std::uint64_t{1} << 40) {
    const auto clock = [this] { return now; };
    if (!disk)
      return storage::make_memory_store({id, {}, limits, false, capacity}, clock);
    std::ofstream(folder.path() / "my_nodeid") << crypto::to_base32(id.view()) << "\n";
    auto opened =
        storage::open_disk_store({folder.path(), limits, storage::durability::none, false}, clock, random);
    if (!opened)
      throw std::runtime_error(to_string(opened.error()));
    return std::move(*opened);
  }
};

} // namespace truckee::test
