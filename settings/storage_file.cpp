#include "truckee/settings/storage_file.hpp"

#include "truckee/settings/config_tables.hpp"
#include "truckee/settings/log_table.hpp"

namespace truckee::settings {

namespace {

constexpr std::string_view kind = "a storage file";
constexpr std::uint64_t size_max = std::uint64_t{1} << 60;
constexpr std::uint64_t grace_days_max = 36'500;           // a century: for ever, in practice
constexpr std::uint64_t interval_seconds_max = 31'622'400; // a year

constexpr std::array<std::string_view, 5> storage_file_keys{"expiry", "log", "metrics", "storage", "tls"};
constexpr std::array<std::string_view, 13> storage_keys{
    "any-user",     "directory",    "durability", "gbs-listen",     "listen",         "must-exist", "name",
    "queued-bytes", "queued-calls", "read-only",  "reserved-space", "share-size-max", "space-low"};
constexpr std::array<std::string_view, 4> expiry_keys{"grace-days", "interval-seconds", "mode", "unleased"};

void read_store(config_reading& in, storage_config& out) {
  const auto* found = in.table("storage");
  if (!found)
    return;
  const toml_table t{*found, "[storage]", storage_keys, in.problem};
  if (const auto text = t.path("directory", "a path"))
    out.directory = in.path(*text);
  out.listen = read_address(t, "listen", true).value_or(out.listen);
  out.gbs_listen = read_address(t, "gbs-listen", true);
  out.any_user = t.flag("any-user").value_or(out.any_user);
  if (const auto text = t.text("name", name_form)) {
    if (is_name(*text))
      out.name = *text;
    else
      t.complain("name", "expected " + std::string{name_form});
  }
  out.must_exist = t.flag("must-exist").value_or(out.must_exist);
  out.read_only = t.flag("read-only").value_or(out.read_only);
  out.reserved_space = t.size("reserved-space", 0, size_max).value_or(out.reserved_space);
  out.share_bytes_max = t.size("share-size-max", 1, size_max).value_or(out.share_bytes_max);
  out.queued_bytes = t.size("queued-bytes", 1 << 20, size_max);
  out.queued_calls = t.number("queued-calls", 1, 1'000'000);
  out.space_low = t.size("space-low", 0, size_max);
  constexpr std::array<std::string_view, 2> durabilities{"full", "none"};
  if (const auto which = t.choice("durability", durabilities))
    out.durability = *which == 0 ? storage::durability::full : storage::durability::none;
}

void read_expiry(config_reading& in, storage::expiry_settings& out) {
  const auto* found = in.table("expiry");
  if (!found)
    return;
  const toml_table t{*found, "[expiry]", expiry_keys, in.problem};
  constexpr std::array<std::string_view, 3> modes{"off", "dry-run", "on"};
  if (const auto which = t.choice("mode", modes))
    out.mode = static_cast<storage::expiry_mode>(*which);
  if (const auto days = t.number("grace-days", 0, grace_days_max))
    out.grace = std::chrono::days{*days};
  constexpr std::array<std::string_view, 2> unleased{"keep", "expire"};
  if (const auto which = t.choice("unleased", unleased))
    out.unleased = *which == 1;
  if (const auto seconds = t.number("interval-seconds", 1, interval_seconds_max))
    out.interval = std::chrono::seconds{*seconds};
}

storage_config read_storage(config_reading& in) {
  const toml_table known{in.top, "", storage_file_keys, in.problem};
  storage_config out;
  read_store(in, out);
  out.tls = read_tls(in);
  out.metrics = read_metrics(in);
  if (const auto* found = in.table("log"))
    out.log = read_log_table(*found, in.folder, in.problem);
  read_expiry(in, out.expiry);
  return out;
}

} // namespace

result<storage_config> parse_storage_file(std::string_view text, const std::filesystem::path& file) {
  return parse_config(text, file, kind, read_storage);
}

result<storage_config> read_storage_file(const std::filesystem::path& file) {
  const auto text = read_config_text(file, kind);
  if (!text)
    return tl::unexpected(text.error());
  return parse_storage_file(*text, file);
}

result<void> check(const storage_config& config) {
  if (config.directory.empty())
    return fail(errc::configuration, "no directory is said; expected --directory DIR, or --config FILE with "
                                     "[storage] directory");
  if (!is_name(config.name))
    return fail(errc::configuration, "--name: expected " + std::string{name_form});
  if (config.read_only && config.expiry.mode == storage::expiry_mode::on)
    return fail(errc::configuration, "a read-only store removes nothing, so [expiry] mode cannot be \"on\"; "
                                     "expected \"off\" or \"dry-run\"");
  return {};
}

std::vector<std::string> storage_file_keys() {
  return named_keys({{"expiry", expiry_keys},
                     {"log", log_keys},
                     {"metrics", metrics_keys},
                     {"storage", storage_keys},
                     {"tls", tls_keys}});
}

} // namespace truckee::settings
