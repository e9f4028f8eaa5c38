#include "truckee/base/private_file.hpp"
#include "truckee/base/text.hpp"
#include "truckee/cli/command.hpp"
#include "truckee/crypto/base32.hpp"
#include "truckee/settings/tahoe/import.hpp"
#include "truckee/status/json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace truckee::cli {

namespace {

namespace fs = std::filesystem;

struct grid_import_options {
  std::vector<std::string> directories;
  std::string output;
};

tl::unexpected<error> is_there(const fs::path& file) {
  return fail(errc::refused,
              file.string() + " is there already and stays as it is; name another file, or remove it");
}

/// Where the client's lease secret goes: "grid.lease-secret" beside grid.toml.
fs::path secret_beside(const fs::path& grid_file) {
  return grid_file.parent_path() / (grid_file.stem().string() + ".lease-secret");
}

/// Private, and only where nothing is.
result<void> keep(const fs::path& file, byte_view content) {
  auto out = write_private_file(file, content, existing_file::refuse);
  if (!out && out.error().code == errc::refused)
    return is_there(file);
  return out;
}

nlohmann::json facts_of(const settings::imported_grid& made, const fs::path& output, const fs::path& secret) {
  nlohmann::json out{{"grid_file", output.string()},
                     {"needed", made.encoding.needed},
                     {"total", made.encoding.total},
                     {"happy", made.encoding.happy},
                     {"lease_secret", secret.empty() ? nlohmann::json() : nlohmann::json(secret.string())},
                     {"left_out", made.left_out},
                     {"servers", nlohmann::json::array()}};
  for (const auto& each : made.servers)
    out["servers"].push_back(
        {{"server", each.name},
         {"address", to_string(std::get<settings::nurl>(each.where).at)},
         {"id", each.id ? nlohmann::json(crypto::to_base32(each.id->view())) : nlohmann::json()},
         {"preferred", each.preferred}});
  return out;
}

std::string words_of(const settings::imported_grid& made, const fs::path& output, const fs::path& secret) {
  const auto count = made.servers.size();
  auto out =
      fmt::format("{} made: {} server{}, files {} of {}, happy with {}\n", escaped(output.string()), count,
                  count == 1 ? "" : "s", made.encoding.needed, made.encoding.total, made.encoding.happy);
  for (const auto& each : made.servers)
    out += fmt::format("{}: {}{}\n", each.name, to_string(std::get<settings::nurl>(each.where).at),
                       each.preferred ? ", preferred" : "");
  if (!secret.empty())
    out += escaped(secret.string()) +
           " made: the client's lease secret, so that its leases are renewed and not doubled\n";
  return out + "Who can read these files can use the servers; keep them as private as they are.\n";
}

result<int> import(const grid_import_options& o, const global_options& global) {
  const fs::path output(o.output);
  const std::vector<fs::path> folders(o.directories.begin(), o.directories.end());
  const auto made = settings::import_directories(folders);
  if (!made)
    return tl::unexpected(made.error());
  const auto secret = made->lease_secret.empty() ? fs::path() : secret_beside(output);
  for (const auto& each : {output, secret})
    if (!each.empty() && fs::exists(fs::symlink_status(each)))
      return is_there(each);
  const auto text = settings::grid_text(*made, fmt::format("{}", fmt::join(o.directories, ", ")),
                                        secret.filename().string());
  // What cannot be read again shall not be written.
  if (const auto read = settings::parse_grid_file(text, output); !read)
    return fail(errc::internal, "the grid file would not be read again: " + read.error().detail);
  if (!secret.empty()) {
    auto raw = settings::read_lease_secret(made->lease_secret);
    if (!raw)
      return tl::unexpected(raw.error());
    auto written = keep(secret, as_bytes(*raw));
    if (!written)
      return tl::unexpected(written.error());
  }
  if (auto written = keep(output, as_bytes(text)); !written) {
    std::error_code ignored;
    if (!secret.empty())
      fs::remove(secret, ignored); // half of it is of no use
    return tl::unexpected(written.error());
  }
  for (const auto& each : made->left_out)
    tell("truckee: " + escaped(each) + "\n");
  return give(global.json ? status::json_text(facts_of(*made, output, secret))
                          : words_of(*made, output, secret));
}

} // namespace

void add_grid_import(CLI::App& grid, program& p) {
  auto o = std::make_shared<grid_import_options>();
  auto* cmd = grid.add_subcommand(
      "import",
      "truckee grid import ~/.tahoe -o grid.toml\n"
      "truckee grid import /srv/node1 /srv/node2 /srv/node3 -o grid.toml\n\n"
      "Makes a grid file of what a Tahoe-LAFS grid's own directories know. DIR is a client's, which knows\n"
      "its servers (private/servers.yaml, or what an introducer told it), how files are spread, which\n"
      "servers are preferred, and its lease secret; or each DIR is a storage node's, which knows its own\n"
      "NURL. The files made are secrets: only their owner may read them, and nothing of them is printed.");
  cmd->add_option("DIR", o->directories, "A client's directory, or those of storage nodes")->required();
  cmd->add_option("-o", o->output, "The grid file to make; never one that is there")
      ->required()
      ->type_name("FILE");
  cmd->callback([&p, o] { p.run = [&p, o] { return finish(import(*o, p.options)); }; });
}

} // namespace truckee::cli
