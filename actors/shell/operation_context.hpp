#pragma once

#include "truckee/actors/shell/progress_span.hpp"
#include "truckee/actors/shell/services.hpp"
#include "truckee/messages/operations.hpp"
#include "truckee/shares/file_access.hpp"

namespace truckee::actors {

/// What every actor of one operation on one file is given, from the gateway down to the last step.
struct operation_context {
  services_ptr services;
  std::uint64_t operation = 0;      ///< the gateway's number for it, in logs and progress
  messages::progress_sink listener; ///< may be empty
  shares::file_access access;
  server_list_ptr servers;  ///< as they were known when it began
  progress_span span;       ///< the part of the operation's bar that is this actor's
  std::uint64_t caller = 0; ///< whose it is, for whatever callers take turns at
  bool watched = true; ///< somebody wants to hear of each step as it comes; else only of what takes its time

  /// For a step that fills another part of the bar.
  operation_context part(progress_span of) const {
    auto out = *this;
    out.span = of;
    return out;
  }
  std::string name_of(const server_id& server) const { return servers->name_of(server); }
};

/// One step of an operation, to whoever listens; nobody may. `progress`: 0 to 1 of the whole operation. Steps that count
/// shares or bytes fill in more of operation_progress themselves.
template <class Self>
void tell_progress(Self* self, const operation_context& context, std::string text, double progress) {
  if (!context.listener)
    return;
  messages::operation_progress out;
  out.operation = context.operation;
  out.text = std::move(text);
  out.progress = progress;
  messages::send(self, context.listener, std::move(out));
}

} // namespace truckee::actors
