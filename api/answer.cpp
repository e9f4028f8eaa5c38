#include "truckee/api/answer.hpp"

#include "truckee/http/answers.hpp"
#include "truckee/status/json_text.hpp"

#include <nlohmann/json.hpp>

namespace truckee::api {

answer told(unsigned status, const nlohmann::json& what) {
  answer out{status};
  out.words = secret_text(status::json_text(what, status::json_form::one_line));
  out.length = out.words.size();
  return out;
}

answer refused(unsigned status, const error& why) {
  return told(status, {{"ok", false}, {"error", {{"kind", to_word(why.code)}, {"detail", why.detail}}}});
}

answer refused_write(answer refusal, effect became) {
  auto words = nlohmann::json::parse(std::string_view(refusal.words));
  words["effect"] = to_word(became);
  auto out = told(refusal.status, words);
  out.fields = std::move(refusal.fields);
  return out;
}

answer given(shared_bytes content) {
  answer out{200};
  out.length = content.size();
  out.content = std::move(content);
  return out;
}

std::string head_of(const answer& x, bool last) {
  std::string out = "HTTP/1.1 " + std::to_string(x.status) + " ";
  out.append(http::reason_of(x.status)).append("\r\n");
  const auto add = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  for (const auto& [name, value] : http::safe_fields)
    add(name, value);
  add("Cache-Control", "no-store"); // it is somebody's file
  for (const auto& [name, value] : x.fields)
    add(name, value);
  if (last)
    add("Connection", "close");
  if (x.status != 304) {
    add("Content-Type", x.words.empty() ? "application/octet-stream" : http::json_type);
    add("Content-Length", std::to_string(x.length));
  }
  return out.append("\r\n");
}

secret_text text_of(const answer& x) {
  secret_text out(head_of(x, true));
  if (!x.without_body)
    out.append(x.words);
  return out;
}

} // namespace truckee::api
