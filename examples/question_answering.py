"""The lecture's question-answering model: a text and a question in, one word as the answer out.

The stories are made here: "mary kitchen john garden … sandra office", and the question is "where is john". The answer
is the last place named after that person, so the model must keep in mind who went where.

    python examples/question_answering.py [epochs]
"""

import sys

import numpy as np

from plait import Input, Model, utils
from plait.layers import LSTM, Dense, Embedding, concatenate

PEOPLE = ["mary", "john", "sandra", "daniel"]
PLACES = ["kitchen", "garden", "office", "hallway", "bathroom"]
WORDS = ["", "where", "is", *PEOPLE, *PLACES]  # id 0 is padding
ID = {word: number for number, word in enumerate(WORDS)}
MOVES = 3


def stories(count, random):
    """Returns texts (count, 2 * MOVES), questions (count, 3) and answers (count,), as ids."""
    texts, questions, answers = [], [], []
    for _ in range(count):
        people, places = random.choice(PEOPLE, MOVES), random.choice(PLACES, MOVES)
        asked = random.choice(people)
        last = max(move for move in range(MOVES) if people[move] == asked)
        texts.append([ID[word] for move in zip(people, places, strict=True) for word in move])
        questions.append([ID["where"], ID["is"], ID[asked]])
        answers.append(PLACES.index(places[last]))
    return np.array(texts), np.array(questions), np.array(answers)


utils.set_random_seed(0)
random = np.random.default_rng(0)
text, question, answer = stories(12_000, random)

text_input = Input(shape=(None,), name="text")
encoded_text = LSTM(48)(Embedding(len(WORDS), 24)(text_input))
question_input = Input(shape=(None,), name="question")
encoded_question = LSTM(16)(Embedding(len(WORDS), 16)(question_input))
both = concatenate([encoded_text, encoded_question], axis=-1)
hidden = Dense(64, activation="relu")(both)
answers = Dense(len(PLACES), activation="softmax")(hidden)
model = Model([text_input, question_input], answers)
model.summary()

model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
model.fit({"text": text, "question": question}, answer, epochs=epochs, batch_size=128, validation_split=0.1, verbose=2)

text, question, answer = stories(5, random)
guessed = model.predict([text, question], verbose=0).argmax(-1)
for row in range(5):
    story = " ".join(WORDS[word] for word in text[row])
    asked = " ".join(WORDS[word] for word in question[row])
    print(f"{story} — {asked}? {PLACES[guessed[row]]} (in truth: {PLACES[answer[row]]})")
