#pragma once

#include "truckee/actors/shell/gather.hpp"
#include "truckee/actors/shell/services.hpp"
#include "truckee/grid/file/file_write.hpp"

/// From the decisions' reports to the replies people and programs get.
namespace truckee::actors {

messages::share_place place_of(const server_list& servers, const grid::share_place& place);
std::vector<messages::share_place> places_of(const server_list& servers,
                                             const std::vector<grid::share_place>& places);

/// What a publish reached; the caller adds the capability, stages of its own and the failure.
void fill_reply(messages::publish_reply& reply, const server_list& servers,
                const messages::publish_result& result);

/// What the end of a write adds, and why it failed; nothing when it did not.
std::optional<error> fill_end(messages::publish_reply& reply, const server_list& servers,
                              const grid::write_result& result);

/// What a strict write adds, however it ended.
messages::strict_write_report strict_report_of(const server_list& servers, const grid::strict_tally& tally,
                                               strict_outcome outcome, std::string in_place_writer);

/// Why a publish failed, with servers called by their names; nothing when it did not.
std::optional<error> failure_of(const messages::publish_result& result, const server_list& servers);

/// One answer for each server of the list, in its order.
messages::list_leases_reply leases_reply_of(const server_list& servers,
                                            const gathered<messages::read_leases_answer>& answers);

messages::check_reply check_reply_of(const server_list& servers, const grid::servermap& map);

} // namespace truckee::actors
