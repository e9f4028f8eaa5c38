#pragma once

#include "truckee/messages/operations.hpp"

namespace truckee::actors {

/// One step of an operation, to whoever listens to the task; nobody may. Steps that count shares or bytes
/// fill in more of operation_progress themselves.
template <class Self, class Task>
void tell_progress(Self* self, const Task& task, std::string text, double progress) {
  if (!task.listener)
    return;
  messages::operation_progress out;
  out.operation = task.operation;
  out.text = std::move(text);
  out.progress = progress;
  messages::send(self, task.listener, std::move(out));
}

} // namespace truckee::actors
