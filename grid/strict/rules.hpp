#pragma once

#include "truckee/grid/strict/slot_map.hpp"

/// The rules of the strict order, each a function of what is known. Their numbers are those of docs/strict.md, where each has
/// its reason; tests have the same names.
namespace truckee::grid::strict {

/// R1: enough servers have answered for a publish to go on.
bool enough_answered(const slot_map& map);
/// R1: the servers that have not answered need not be waited for to the end: enough have, nobody else seems at work, and there is
/// room beside what lies there. Where there is none, what the others show may tell which versions can go (R7).
bool may_cut_short(const slot_map& map);
/// Whether as many servers as confirm a version have room for their shares of a new one beside all that lies there.
bool has_room(const slot_map& map);

/// R2: the greatest recoverable version, from whose content new content is made.
std::optional<file_version> base(const slot_map& map);
/// Versions greater than the base with fewer than k numbers seen: of a writer at work, or a dead one.
std::vector<file_version> newer_partials(const slot_map& map);

/// R3: one above all that was seen, damaged shares and reserved numbers too; an unverified number counts only where it is not far
/// above the verified ones. Nothing where there is no number left.
std::optional<sequence_number> next_number(const slot_map& map);
/// R3: where the shares of a new version go, on the known servers among `on`. A number is free on a server that has no share of
/// that number; a server gets all that is its due (strict_setting::shares_at) or nothing; no number goes to two, but for those
/// of one place (strict_setting::shared), which get the same.
std::map<server_id, std::vector<share_number>> places(const slot_map& map, const std::set<server_id>& on);

/// R4: whether the barrier must stand before the write.
bool needs_barrier(const slot_map& map);
/// R4: the share of a slot that the barrier signs anew: one of the greatest version there. Nothing in a slot without a good
/// share.
std::optional<share_number> share_to_seal(const slot_contents& slot);
/// R4: whose slots are signed anew: those with a good share, but for the second set's server while it counts for nobody's
/// exclusion (strict_setting::counts_alone).
std::set<server_id> servers_to_seal(const slot_map& map);
/// R4: where the write may go: the servers that took the barrier, and the second set's server, which may have come just now and
/// have nothing to sign.
std::set<server_id> behind_barrier(const slot_map& map, std::set<server_id> sealed);
/// R4: once these servers have taken the barrier, `version` can never be confirmed.
bool excluded(const slot_map& map, const std::set<server_id>& sealed, const file_version& version);
/// R4: the write may go on: enough servers have taken the barrier, and it excludes each of the newer partial versions that the
/// map showed.
bool barrier_stands(const slot_map& map, const std::set<server_id>& sealed,
                    const std::vector<file_version>& partials);

/// Warm: what a confirmed publish left may be published on without a new map: enough slots are known, and the greatest version
/// there is the confirmed one. Tests bind the map to the write, so that it does not age.
bool may_begin_on(const slot_map& left);

/// R6: what may be deleted on a server that holds `confirmed`, or gets a greater one in the same message.
std::vector<share_number> retirable(const slot_contents& slot, const file_version& confirmed);
/// R7: what may be deleted behind a barrier that stands: versions that can never be confirmed any more, but for the base
/// and the greatest confirmed one.
std::set<file_version> purgeable(const slot_map& map, const std::set<server_id>& sealed,
                                 const std::optional<file_version>& base);
/// R6: versions that go with the next message to each server: those before the greatest on as many as confirm one, and all
/// where there is one server, whose one message replaces everything.
std::set<file_version> outdated(const slot_map& map);
/// R4, R7: whether a publish can succeed where every server that answered takes all that it is sent, and nobody else writes: the
/// barrier can stand where one is needed, and there is room, or it can be made. Where not, trying again changes nothing: it takes
/// servers that have not answered, or a repair.
bool can_succeed(const slot_map& map);
/// R10: shares with a number that the encoding does not have; the next message deletes them.
std::vector<share_number> beyond(const slot_contents& slot, std::size_t n);

/// R8: where shares of the confirmed version go on servers that missed it: those that have none of it, good shares of lesser
/// versions only, and numbers free that no other server has of it. Nothing unless all of U have been heard and `version` is the
/// greatest on as many as confirm one: an unconfirmed one would come to be confirmed by that alone. While a greater one may be
/// confirmed yet, servers that have nothing at all get it and no others: that is what the version's own message would have done,
/// and no barrier reaches who has no share to sign anew, so that nothing greater could ever be excluded.
std::map<server_id, std::vector<share_number>> missing_places(const slot_map& map,
                                                              const file_version& version);

/// Shares that do not verify, below N and of this format; a share of a format that this client cannot read may be good. A
/// repair deletes them: no version is recovered by them, and no server counts for one by them.
std::vector<share_number> damaged(const slot_contents& slot, std::size_t n, share_format format);

/// Reads: the greatest version that as many servers have as confirm one (strict_setting::settled_by).
std::optional<file_version> greatest_on_enough(const slot_map& map);
/// Reads: of the versions that are greater than this one none can have been confirmed when the map was made.
bool is_certain(const slot_map& map, const file_version& confirmed);
/// Reads: the confirmed version, where it is certain that no greater one is confirmed.
std::optional<file_version> confirmed(const slot_map& map);

} // namespace truckee::grid::strict
