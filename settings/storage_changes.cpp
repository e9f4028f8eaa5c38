#include "truckee/settings/storage_changes.hpp"

#include <array>

namespace truckee::settings {

storage_changes changes_between(const storage_config& now, const storage_config& wanted,
                                bool opened_read_only) {
  storage_changes out{now, {}, {}};
  const auto take = [&out](auto& into, const auto& from, std::string text) {
    if (into == from)
      return;
    into = from;
    out.changed.push_back(std::move(text));
  };
  if (!opened_read_only)
    take(out.in_use.read_only, wanted.read_only,
         wanted.read_only ? "read-only: no writes are taken" : "writes are taken again");
  take(out.in_use.reserved_space, wanted.reserved_space,
       "[storage] reserved-space " + std::to_string(wanted.reserved_space));
  take(out.in_use.share_bytes_max, wanted.share_bytes_max,
       "[storage] share-size-max " + std::to_string(wanted.share_bytes_max));
  constexpr std::array<const char*, 3> modes{"off", "dry-run", "on"};
  take(out.in_use.expiry, wanted.expiry,
       "[expiry] mode " + std::string(modes.at(static_cast<std::size_t>(wanted.expiry.mode))) +
           ", grace-days " +
           std::to_string(std::chrono::duration_cast<std::chrono::days>(wanted.expiry.grace).count()) +
           ", interval-seconds " + std::to_string(wanted.expiry.interval.count()) + ", unleased " +
           (wanted.expiry.unleased ? "expire" : "keep"));
  const auto restart = [&out](bool differs, const char* what) {
    if (differs)
      out.needs_restart.emplace_back(what);
  };
  restart(opened_read_only && !wanted.read_only, "[storage] read-only");
  restart(now.directory != wanted.directory, "[storage] directory");
  restart(!(now.listen == wanted.listen), "[storage] listen");
  restart(now.gbs_listen != wanted.gbs_listen, "[storage] gbs-listen");
  restart(now.any_user != wanted.any_user, "[storage] any-user");
  restart(now.name != wanted.name, "[storage] name");
  restart(now.queued_bytes != wanted.queued_bytes, "[storage] queued-bytes");
  restart(now.queued_calls != wanted.queued_calls, "[storage] queued-calls");
  restart(now.space_low != wanted.space_low, "[storage] space-low");
  restart(now.durability != wanted.durability, "[storage] durability");
  restart(now.tls.has_value() != wanted.tls.has_value(), "[tls]");
  if (now.tls && wanted.tls)
    take(out.in_use.tls, wanted.tls, "[tls] names other files");
  restart(!(now.metrics == wanted.metrics), "[metrics]");
  restart(!(now.log == wanted.log), "[log]");
  return out;
}

} // namespace truckee::settings
