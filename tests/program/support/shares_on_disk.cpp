#include "program/support/shares_on_disk.hpp"

#include "truckee/codec/sdmf/share.hpp"
#include "truckee/storage/container.hpp"
#include "truckee/storage/file_system.hpp"

#include <algorithm>
#include <charconv>

namespace truckee::test {

namespace {

namespace fs = std::filesystem;

void read_into(share_on_disk& out, const crypto::fingerprint& expected) {
  const auto file = storage::posix_file_system().open(out.file);
  if (!file) {
    out.wrong = file.error().what;
    return;
  }
  const auto container = storage::read_container(**file);
  if (!container) {
    out.wrong = to_string(container.error());
    return;
  }
  const auto data = storage::read_data(*container, **file, 0, container->data_length);
  const auto share = data ? codec::sdmf::parse_share(data->view()) : codec::share_result<codec::share_view>{};
  if (!data || !share) {
    out.wrong = data ? to_string(share.error()) : to_string(data.error());
    return;
  }
  out.version = share->header().sequence;
  out.needed = share->header().shape.needed;
  out.total = share->header().shape.total;
  out.content_bytes = share->header().data_length;
  if (const auto good = codec::sdmf::verify_share(*share, out.number, expected); !good)
    out.wrong = to_string(good.error());
  else if (storage::leases_of(*container).empty())
    out.wrong = "nobody holds a lease on it";
}

std::optional<share_number> number_of(const std::string& name) {
  std::uint8_t number = 0;
  const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (bad != std::errc{} || end != name.data() + name.size())
    return std::nullopt;
  return share_number{number};
}

} // namespace

std::vector<share_on_disk> shares_below(const fs::path& stores, const crypto::fingerprint& expected) {
  std::vector<share_on_disk> out;
  for (const auto& store : fs::directory_iterator(stores)) {
    if (!fs::is_directory(store.path() / "shares"))
      continue;
    for (const auto& entry : fs::recursive_directory_iterator(store.path() / "shares")) {
      if (!entry.is_regular_file())
        continue;
      share_on_disk share;
      share.file = entry.path();
      share.store = store.path().filename().string();
      if (const auto number = number_of(entry.path().filename().string())) {
        share.number = *number;
        read_into(share, expected);
      } else {
        share.wrong = "its name is no share number";
      }
      out.push_back(std::move(share));
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
  return out;
}

std::optional<crypto::private_key> private_key_below(const fs::path& stores, const crypto::write_key& key) {
  for (const auto& entry : fs::recursive_directory_iterator(stores)) {
    if (!entry.is_regular_file() || !number_of(entry.path().filename().string()))
      continue;
    const auto file = storage::posix_file_system().open(entry.path());
    if (!file)
      continue;
    const auto container = storage::read_container(**file);
    if (!container)
      continue;
    const auto data = storage::read_data(*container, **file, 0, container->data_length);
    const auto share =
        data ? codec::sdmf::parse_share(data->view()) : codec::share_result<codec::share_view>{};
    if (!data || !share)
      continue;
    if (auto opened = codec::decrypt_private_key(share->encrypted_private_key, key))
      return std::move(*opened);
  }
  return std::nullopt;
}

std::string describe(const std::vector<share_on_disk>& shares) {
  std::map<std::string, std::string> by_store;
  for (const auto& share : shares)
    by_store[share.store] += " " + std::to_string(share.number.value) + "@" +
                             std::to_string(share.version.value) +
                             (share.wrong.empty() ? "" : " (" + share.wrong + ")");
  std::string out;
  for (const auto& [store, text] : by_store)
    out += (out.empty() ? "" : ", ") + store + ":" + text;
  return out;
}

} // namespace truckee::test
