#include "interop/tahoe_tree.hpp"

#include "test_support.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/crypto/keys.hpp"
#include "truckee/crypto/tagged_hash.hpp"

namespace truckee::test {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void write_file(const fs::path& path, byte_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << as_text(content);
  if (!out.flush())
    throw std::runtime_error("cannot write " + path.string());
}

server_id id_of(const json& file, std::size_t server) {
  return server_id::from(hex(file.at("servers").at(server).at("tubid"))).value();
}

bytes container_of(const json& file, const json& share, storage::container_version version) {
  const auto node = id_of(file, share.at("server"));
  const auto slot =
      storage_index::from(crypto::from_base32(file.at("storage_index").get<std::string>()).value());
  const auto lease = crypto::derive_lease_secrets(
      crypto::lease_secret::from(hex(file.at("lease_secret"))).value(), slot.value(), node);
  storage::container_edit edit(version, node, server_secret::from(hex(share.at("write_enabler"))).value());
  edit.write(0, shared_bytes(read_file(vector_path(share.at("file")))));
  edit.add_lease(lease.renew, lease.cancel,
                 file.at("now").get<std::uint32_t>() + file.at("lease_duration").get<std::uint32_t>(), node);
  bytes out;
  const auto written = storage::write_image(edit.finish(), nullptr, [&](byte_view part) {
    out.insert(out.end(), part.begin(), part.end());
    return storage::io_result<void>{};
  });
  if (!written)
    throw std::runtime_error(written.error().what);
  return out;
}

} // namespace

json recorded_file(const std::string& name) {
  const auto all = read_json("sdmf.json");
  for (const auto& file : all.at("vectors"))
    if (file.at("name") == name)
      return file;
  throw std::runtime_error("no vector " + name);
}

void lay_out(const json& file, std::size_t step, storage::container_version version, const fs::path& where) {
  for (std::size_t i = 0; i < file.at("servers").size(); ++i) {
    const auto store = where / ("s" + std::to_string(i));
    fs::create_directories(store / "shares");
    write_file(store / "my_nodeid", as_bytes(crypto::to_base32(id_of(file, i).view()) + "\n"));
  }
  const auto index = file.at("storage_index").get<std::string>();
  for (const auto& share : file.at("steps").at(step).at("shares")) {
    const auto container = container_of(file, share, version);
    const auto recorded = share.at("container_sha256").get<std::string>();
    if (version == storage::container_version::v2 && to_hex(crypto::sha256({container}).view()) != recorded)
      throw std::runtime_error("the container of share " + share.at("shnum").dump() +
                               " is not what Tahoe-LAFS wrote");
    write_file(where / ("s" + share.at("server").dump()) / "shares" / index.substr(0, 2) / index /
                   share.at("shnum").dump(),
               container);
  }
}

std::string grid_file_for(const json& file) {
  std::string out;
  for (std::size_t i = 0; i < file.at("servers").size(); ++i)
    out += "[[server]]\nname = \"s" + std::to_string(i) + "\"\ndirectory = \"s" + std::to_string(i) +
           "\"\nid = \"" + crypto::to_base32(id_of(file, i).view()) + "\"\n";
  return out;
}

} // namespace truckee::test
